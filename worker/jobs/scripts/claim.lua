-- now worker lease waiter sleep effect... -> Job-JSON, token, attempt, deadline; or nothing
-- `waiter` registers this claim as asleep when there is nothing to do and `sleep` is "1".
local now, worker, lease, waiter = clock(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]
if waiter ~= '' then each_idle('ZREM', waiter) end
local best, best_tag, best_seq
for i = 6, #ARGV do
  local member = first(READY, ARGV[i])
  if member then
    local tag, seq = string.match(member, '^[^|]*|(%d+)|(%d+)|')
    tag, seq = tonumber(tag), tonumber(seq)
    if not best or tag < best_tag or (tag == best_tag and seq < best_seq) then
      best, best_tag, best_seq = member, tag, seq
    end
  end
end
if not best then
  if ARGV[5] == '1' then each_idle('ZADD', waiter) end
  return false
end
redis.call('ZREM', READY, best)
local tag = int(math.max(virtual(), best_tag))
redis.call('HSET', COUNTERS, 'virtual', tag)
-- finish tags that V has passed say no more than V; a claim makes at most one
local passed = redis.call('ZRANGEBYSCORE', FINISH, '-inf', tag, 'LIMIT', 0, 2)
if #passed > 0 then redis.call('ZREM', FINISH, unpack(passed)) end
local job = string.match(best, '^[^|]*|%d+|%d+|([^|]*)|')
local record = load(job)
local deadline = int(now + lease)
record.state = 'running'
record.claims = int(record.claims + 1)
record.worker = worker
record.token = worker .. ':' .. record.claims
record.started = int(now)
save(job, record)
redis.call('ZADD', LEASES, deadline, in_leases(job, record))
leave(record.user)
return {redis.call('HGET', JOBS, job), record.token, int(record.claims - record.released), deadline}
