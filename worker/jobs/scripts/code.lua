-- now code user ttl -> 1, or 0 when the code is taken
local now, code, user = clock(ARGV[1]), ARGV[2], account_of(ARGV[3])
redis.call('ZREMRANGEBYSCORE', CODES, '-inf', int(now))
local former
for _, member in ipairs(redis.call('ZRANGE', CODES, 0, -1)) do
  local other, owner = string.match(member, '^([^|]*)|(.*)$')
  if other == code then return 0 end
  if owner == user then former = member end
end
if former then redis.call('ZREM', CODES, former) end
redis.call('ZADD', CODES, int(now + ARGV[4]), code .. '|' .. user)
return 1
