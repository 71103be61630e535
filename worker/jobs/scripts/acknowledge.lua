-- group receipt job -> 1. KEYS[23] is the platform's outbox.
redis.call('XACK', KEYS[23], ARGV[1], ARGV[2])
if redis.call('XDEL', KEYS[23], ARGV[2]) == 1 then
  local record = load(ARGV[3])
  if record then redis.call('ZADD', ENDED, record.ended, ARGV[3]) end
end
return 1
