-- now expected version document who source {tier waiting running daily effects deferred}... -> 1,
-- or 0 when the version in force is not `expected`, empty for none, or {tier, users} when one is left
-- out that users are in; `effects` has a blank before and after each, `source` may be empty
local now, expected = clock(ARGV[1]), ARGV[2]
if (redis.call('HGET', RULES, 'version') or '') ~= expected then return 0 end

local stays, lost, users = {}, {}, {}
for i = 7, #ARGV, 6 do stays[ARGV[i]] = true end
for _, field in ipairs(redis.call('HKEYS', RULES)) do
  local tier = string.match(field, '^waiting|(.*)$')
  if tier and not stays[tier] then
    lost[#lost + 1], users[tier] = tier, 0
  end
end
if lost[1] then
  for _, terms in ipairs(redis.call('HVALS', PEOPLE)) do
    local tier = cjson.decode(terms).tier or ''
    if users[tier] then users[tier] = users[tier] + 1 end
  end
end
table.sort(lost)
for _, tier in ipairs(lost) do
  if users[tier] > 0 then return {tier, users[tier]} end
end

if expected ~= '' then
  audit(now, ARGV[5], 'rules', redis.call('HGET', RULES, 'document'), ARGV[4])
end
redis.call('HSET', RULES, 'version', ARGV[3], 'document', ARGV[4])
if ARGV[6] ~= '' then redis.call('HSET', RULES, 'source', ARGV[6]) end
for _, tier in ipairs(lost) do
  redis.call(
    'HDEL', RULES, 'waiting|' .. tier, 'running|' .. tier, 'daily|' .. tier, 'effects|' .. tier,
    'deferred|' .. tier)
end
for i = 7, #ARGV, 6 do
  local tier = ARGV[i]
  redis.call(
    'HSET', RULES, 'waiting|' .. tier, ARGV[i + 1], 'running|' .. tier, ARGV[i + 2],
    'daily|' .. tier, ARGV[i + 3], 'effects|' .. tier, ARGV[i + 4], 'deferred|' .. tier, ARGV[i + 5])
end
-- other running limits concern only who runs something
for _, member in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
  local line = last_of(member)
  local share = load_user(line)
  arrange(line, share, now)
  save_user(line, share)
end
return 1
