-- now name ttl WorkerInfo-JSON -> 1. KEYS[16]: scores, name -> until when; KEYS[17]: hash of infos.
local now = clock(ARGV[1])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[16], '-inf', int(now))) do
  redis.call('ZREM', KEYS[16], name)
  redis.call('HDEL', KEYS[17], name)
end
redis.call('ZADD', KEYS[16], int(now + ARGV[3]), ARGV[2])
redis.call('HSET', KEYS[17], ARGV[2], ARGV[4])
return 1
