-- now job user Cancelled-JSON -> "ok", "not_yours" or nothing. OUTBOX is the platform's.
local now, job, user = clock(ARGV[1]), ARGV[2], ARGV[3]
local record = load(job)
if not record then return false end
if record.user ~= user then return 'not_yours' end
if record.state == 'running' and not record.flagged then
  record.flagged = int(now)
  save(job, record)
  redis.call('ZADD', FLAGGED, 0, record.worker .. '|' .. job)
  redis.call('PUBLISH', FLAGGED .. ':' .. record.worker, job)
elseif record.state == 'waiting' then
  finish(job, record, 'cancelled', ARGV[4], now)
  local share = load_user(user)
  if record.tag then
    local member = in_ready(job, record)
    redis.call('ZREM', share.held and HELD or READY, member)
    untag(share, member)
    share.finish = int(share.finish - (record.charge or record.cost)) -- a head's charge is returned to its user
  else
    redis.call('ZREM', LINES, in_line(job, record))
  end
  share.waiting = share.waiting - 1
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, -1)
  arrange(user, share, now)
  save_user(user, share)
end
return 'ok'
