-- now name ttl WorkerInfo-JSON -> 1, or 0 when it was told to leave
local now = clock(ARGV[1])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', ALIVE, '-inf', int(now))) do
  redis.call('ZREM', ALIVE, name)
  redis.call('HDEL', WORKERS, name)
  redis.call('SREM', DRAINING, name)
end
redis.call('ZADD', ALIVE, int(now + ARGV[3]), ARGV[2])
redis.call('HSET', WORKERS, ARGV[2], ARGV[4])
return 1 - redis.call('SISMEMBER', DRAINING, ARGV[2])
