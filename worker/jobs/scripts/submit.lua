-- now limit job Job-JSON user key effect cost max_attempts
-- -> job, "1" when it is new, its record, snapshot; or "not_yours"
local now, job, user, key = clock(ARGV[1]), ARGV[3], ARGV[5], ARGV[5] .. '|' .. ARGV[6]
local known = redis.call('HGET', SUBMITTED, key)
if not known then
  local other = load(job)
  if other then
    if other.user ~= user then return {'not_yours'} end
    known = job
  end
end
if not known then
  if redis.call('EXISTS', READY, LINES, LEASES) == 0 then rest() end
  local record = {
    user = user, key = ARGV[6], effect = ARGV[7], cost = ARGV[8], max = ARGV[9],
    seq = int(redis.call('HINCRBY', COUNTERS, 'seq', 1)),
    submitted = int(now), state = 'waiting', claims = '0', released = '0',
  }
  redis.call('HSET', SUBMITTED, key, job)
  redis.call('HSET', JOBS, job, ARGV[4])
  redis.call('ZADD', OWNED, 0, user .. '|' .. padded(record.seq) .. '|' .. job)
  if redis.call('HEXISTS', HEADS, user) == 1 then
    save(job, record)
    redis.call('ZADD', LINES, 0, in_line(job, record))
  else
    stand_as_head(job, record)
  end
end
job = known or job
return {job, known and '' or '1', redis.call('HGET', RECORDS, job), snapshot(now, ARGV[2])}
