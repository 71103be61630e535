-- now older_than limit -> jobs
local cutoff = int(clock(ARGV[1]) - ARGV[2])
local jobs = redis.call('ZRANGEBYSCORE', ENDED, '-inf', cutoff, 'LIMIT', 0, ARGV[3])
for _, job in ipairs(jobs) do
  local record = load(job)
  redis.call('HDEL', SUBMITTED, record.user .. '|' .. record.key)
  redis.call('ZREM', OWNED, record.user .. '|' .. padded(record.seq) .. '|' .. job)
  redis.call('ZREM', ENDED, job)
  redis.call('ZREM', DEAD, job)
  for _, key in ipairs({JOBS, RECORDS, PROGRESS, ENDINGS}) do redis.call('HDEL', key, job) end
end
return jobs
