-- Ledger-JSON {identity Terms-JSON}... -> 1, or 0 when anything is known of one; the account is first,
-- and its ledger may be "".
for i = 2, #ARGV, 2 do
  local name = ARGV[i]
  if redis.call('HEXISTS', PEOPLE, name) + redis.call('HEXISTS', ACCOUNTS, name) > 0 or first(OWNED, name) then
    return 0
  end
end
for i = 2, #ARGV, 2 do
  local terms = cjson.decode(ARGV[i + 1])
  if terms.tier and redis.call('HEXISTS', RULES, 'waiting|' .. terms.tier) == 0 then terms.tier = nil end
  save_terms(ARGV[i], terms)
end
if ARGV[1] ~= '' then redis.call('HSET', ACCOUNTS, ARGV[2], ARGV[1]) end
return 1
