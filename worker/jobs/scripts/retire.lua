-- worker -> 1
redis.call('ZREM', ALIVE, ARGV[1])
redis.call('HDEL', WORKERS, ARGV[1])
redis.call('SREM', DRAINING, ARGV[1])
return 1
