-- now job Job-JSON user key effect cost max_attempts -> job, "1" when it is new; or "not_yours"
local now, job, body, user, key = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[4] .. '|' .. ARGV[5]
local known = redis.call('HGET', SUBMITTED, key)
if known then return {known, ''} end
local other = load(job)
if other then
  if other.user ~= user then return {'not_yours'} end
  return {job, ''}
end
local record = {
  user = user, key = ARGV[5], effect = ARGV[6], cost = ARGV[7], max = ARGV[8],
  seq = int(redis.call('HINCRBY', COUNTERS, 'seq', 1)),
  submitted = int(now), state = 'waiting', claims = '0', released = '0',
}
redis.call('HSET', SUBMITTED, key, job)
redis.call('HSET', JOBS, job, body)
redis.call('ZADD', OWNED, 0, user .. '|' .. padded(record.seq) .. '|' .. job)
save(job, record)
redis.call('ZADD', LINES, 0, in_line(job, record))
promote(user)
return {job, '1'}
