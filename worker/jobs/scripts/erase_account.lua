-- now version date midnight who account identity... -> "ok"; "stale": these are not the rules in
-- force; "busy": these are not all its identities, or they have jobs. See ledger.remainder.
local now, date = clock(ARGV[1]), ARGV[3]
if redis.call('HGET', RULES, 'version') ~= ARGV[2] then return 'stale' end
local names = {unpack(ARGV, 6)}
local terms = terms_of(names[1])
if terms.account or (terms.links or '') ~= table.concat(names, ' ', 2) then return 'busy' end
for _, name in ipairs(names) do
  if first(OWNED, name) then return 'busy' end
end
local ledger = load_ledger(names[1])
touch(ledger, date, 0)
local left = ledger.available - ledger.bonus
local used = ledger.base - left
for _, name in ipairs(names) do
  if used > 0 then
    save_ledger(name, {
      date = date, base = ledger.base, granted = ledger.base, available = int(left), bonus = '0', held = '0',
      spent = int(used), expired = '0',
    })
    redis.call('ZADD', FORGOTTEN, ARGV[4], name .. '|' .. date)
  else
    redis.call('HDEL', ACCOUNTS, name)
  end
  save_terms(name, {banned = terms.banned})
  for _, line in ipairs({name, line_of(name, true)}) do
    redis.call('ZREM', SPENT, in_spent(line, load_user(line)))
    redis.call('HDEL', USERS, line)
  end
end
for _, member in ipairs(redis.call('ZRANGE', CODES, 0, -1)) do
  if last_of(member) == names[1] then redis.call('ZREM', CODES, member) end
end
audit(now, ARGV[5], 'data of ' .. names[1], '', 'forgotten')
return 'ok'
