-- now job who account Job-JSON -> 1; 0 when it is no dead letter; or nothing when there is no such job
-- of this account, whose it is now. The JSON says so, too.
local now, job = clock(ARGV[1]), ARGV[2]
local record = load(job)
if not record or account_of(record.user) ~= ARGV[4] then return false end
if redis.call('ZREM', DEAD, job) == 0 then return 0 end
redis.call('ZREM', ENDED, job)
redis.call('HDEL', ENDINGS, job)
redis.call('HDEL', PROGRESS, job)
audit(now, ARGV[3], 'dead letter ' .. job, 'failed', 'waiting')
record.state, record.free, record.released = 'waiting', '1', record.claims
for _, field in ipairs({'ended', 'receipt', 'token', 'worker', 'started', 'tag', 'tier', 'charge', 'kind', 'passed'}) do
  record[field] = nil
end
if record.user ~= ARGV[4] then
  local owned, submitted = '|' .. padded(record.seq) .. '|' .. job, '|' .. record.key
  redis.call('ZREM', OWNED, record.user .. owned)
  redis.call('HDEL', SUBMITTED, record.user .. submitted)
  redis.call('ZADD', OWNED, '0', ARGV[4] .. owned)
  redis.call('HSETNX', SUBMITTED, ARGV[4] .. submitted, job)
  redis.call('HSET', JOBS, job, ARGV[5])
  record.user = ARGV[4]
end
begin_anew()
local name = line(record)
local share = load_user(name)
join(job, record, share, now)
save_user(name, share)
return 1
