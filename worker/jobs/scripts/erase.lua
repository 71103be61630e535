-- now job group -> 1, or nothing when there is no such job. OUTBOX is the platform's.
-- As if it had never been: a running one pays as if cancelled now, and nobody hears of its end.
local now, job = clock(ARGV[1]), ARGV[2]
local record = load(job)
if not record then return false end
if record.state == 'running' then
  local name = line(record)
  local share = load_user(name)
  redis.call('ZREM', LEASES, in_leases(job, record))
  redis.call('ZREM', FLAGGED, record.worker .. '|' .. job)
  redis.call('PUBLISH', FLAGGED .. ':' .. record.worker, job)
  settle_credits(record, used_until(record, record.flagged or now))
  share.running = share.running - 1
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, '-1')
  arrange(name, share, now)
  save_user(name, share)
elseif record.state == 'waiting' then
  settle_credits(record, 0)
  leave(job, record, now)
elseif record.receipt then
  redis.pcall('XACK', OUTBOX, ARGV[3], record.receipt)
  redis.call('XDEL', OUTBOX, record.receipt)
end
drop_job(job, record)
return 1
