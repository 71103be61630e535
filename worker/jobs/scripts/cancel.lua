-- now job user Cancelled-JSON -> "ok", "not_yours" or nothing. KEYS[18] is the platform's outbox.
local now, job, user = clock(ARGV[1]), ARGV[2], ARGV[3]
local record = load(job)
if not record then return false end
if record.user ~= user then return 'not_yours' end
if record.state == 'running' and not record.flagged then
  record.flagged = '1'
  save(job, record)
  redis.call('ZADD', FLAGGED, 0, record.worker .. '|' .. job)
  redis.call('PUBLISH', FLAGGED .. ':' .. record.worker, job)
elseif record.state == 'waiting' then
  finish(job, record, 'cancelled', ARGV[4], now, KEYS[18])
  if record.tag then
    redis.call('ZREM', READY, in_ready(job, record))
    -- a head's cost is returned to its user
    local tag = redis.call('ZSCORE', FINISH, user)
    if tag then redis.call('ZADD', FINISH, int(tag - record.cost), user) end
    leave(user)
  else
    redis.call('ZREM', LINES, in_line(job, record))
  end
end
return 'ok'
