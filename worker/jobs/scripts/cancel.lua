-- now job user -> "ok", "not_yours" or nothing. OUTBOX is the platform's.
local now, job, user = clock(ARGV[1]), ARGV[2], ARGV[3]
local record = load(job)
if not record then return false end
if not owns(user, record) then return 'not_yours' end
if record.state == 'running' and not record.flagged then
  record.flagged = int(now)
  save(job, record)
  redis.call('ZADD', FLAGGED, '0', record.worker .. '|' .. job)
  redis.call('PUBLISH', FLAGGED .. ':' .. record.worker, job)
elseif record.state == 'waiting' then
  finish(job, record, 'cancelled', cancelled(job), now)
  leave(job, record, now)
end
return 'ok'
