-- now code user version date -> "ok", account; "stale": these are not the rules in force; "bad";
-- "busy"; "banned", the reason. See people.joined and ledger.merged.
local now, code, user = clock(ARGV[1]), ARGV[2], ARGV[3]
if redis.call('HGET', RULES, 'version') ~= ARGV[4] then return {'stale'} end
local found
for _, member in ipairs(redis.call('ZRANGEBYSCORE', CODES, '(' .. int(now), '+inf')) do
  if string.sub(member, 1, #code + 1) == code .. '|' then found = member end
end
if not found then return {'bad'} end
local into, from = account_of(string.match(found, '|(.*)$')), account_of(user)
if into == from then return {'ok', into} end
local terms, others = terms_of(into), terms_of(from)
local banned = terms.banned or others.banned
if banned then return {'banned', banned} end
local lines = {from, line_of(from, true)}
for _, name in ipairs(lines) do
  local share = load_user(name)
  if share.waiting + share.running > 0 then return {'busy'} end
end
for _, name in ipairs(lines) do
  redis.call('ZREM', SPENT, in_spent(name, load_user(name)))
  redis.call('HDEL', USERS, name)
end
redis.call('ZREM', CODES, found)
audit(now, user, 'link of ' .. from, '', into)

local one, two = load_ledger(into), load_ledger(from)
touch(one, ARGV[5], 0)
touch(two, ARGV[5], 0)
local days = one.available - one.bonus + two.available - two.bonus
local base = math.max(one.base, two.base)
local left = math.max(0, base - (one.base + two.base - days))
for _, sum in ipairs({'granted', 'bonus', 'held', 'spent', 'expired'}) do one[sum] = int(one[sum] + two[sum]) end
one.base, one.available, one.expired = int(base), int(left + one.bonus), int(one.expired + days - left)
save_ledger(into, one)
redis.call('HDEL', ACCOUNTS, from)

local links = {terms.links or false, from, others.links or false}
local names = {}
for _, some in ipairs(links) do
  for name in string.gmatch(some or '', '%S+') do names[#names + 1] = name end
end
terms.links = table.concat(names, ' ')
if now >= tonumber(terms.ends or 0) and others.ends then
  for _, field in ipairs({'factor', 'ends', 'boost'}) do terms[field] = others[field] end
end
terms.daily = terms.daily or others.daily
local tier = terms.tier or others.tier
terms.tier = tier
save_terms(into, terms)
save_terms(from, {account = into})
for name in string.gmatch(others.links or '', '%S+') do save_terms(name, {account = into}) end
note_terms(into, terms, now)
move(into, terms, tier or 'free', now)
return {'ok', into}
