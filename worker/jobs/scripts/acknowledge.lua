-- group receipt job -> 1. OUTBOX is the platform's.
redis.call('XACK', OUTBOX, ARGV[1], ARGV[2])
if redis.call('XDEL', OUTBOX, ARGV[2]) == 1 then
  local record = load(ARGV[3])
  if record and record.receipt == ARGV[2] then redis.call('ZADD', ENDED, record.ended, ARGV[3]) end
end
return 1
