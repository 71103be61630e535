-- now worker lease waiter sleep version tiers {tier weight}... effect...
-- -> {Job-JSON, token, attempt, deadline}...; nothing; or "stale": these are not the rules in force
-- `waiter` registers this claim as asleep when there is nothing to do and `sleep` is "1".
local now, worker, lease, waiter = clock(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('HGET', RULES, 'version') ~= ARGV[6] then return 'stale' end
if waiter ~= '' then each_idle('ZREM', waiter) end
local classes, flat = {}, redis.call('HGETALL', CLASSES)
for i = 1, #flat, 2 do classes[flat[i]] = tonumber(flat[i + 1]) end
local effects = 8 + 2 * ARGV[7]
local best, best_start, best_seq, finish
for i = 8, effects - 1, 2 do
  local tier = ARGV[i]
  if (classes['n|' .. tier] or 0) > 0 then
    local head, head_tag, head_seq
    for j = effects, #ARGV do
      local member = first(READY, tier .. '|' .. ARGV[j])
      if member then
        local tag, seq = string.match(member, '^[^|]*|[^|]*|(%d+)|(%d+)|')
        tag, seq = tonumber(tag), tonumber(seq)
        if not head or tag < head_tag or (tag == head_tag and seq < head_seq) then
          head, head_tag, head_seq = member, tag, seq
        end
      end
    end
    local weight = tonumber(ARGV[i + 1])
    -- a closed class comes after all others
    local start = weight == 0 and math.huge or math.max(classes.root or 0, classes['f|' .. tier] or 0)
    if head and (not best or start < best_start or (start == best_start and head_seq < best_seq)) then
      best, best_start, best_seq = head, start, head_seq
      finish = start + math.floor(string.match(head, '%d+$') / weight)
    end
  end
end
if not best then
  if ARGV[5] == '1' then each_idle('ZADD', waiter) end
  return false
end
redis.call('ZREM', READY, best)
local tier, tag, job = string.match(best, '^([^|]*)|[^|]*|(%d+)|%d+|([^|]*)|')
tag = math.max(classes['v|' .. tier] or 0, tonumber(tag))
redis.call('HSET', CLASSES, 'v|' .. tier, int(tag))
if best_start < math.huge then
  redis.call('HSET', CLASSES, 'root', int(best_start), 'f|' .. tier, int(finish))
end
-- of users whose finish tag V has passed nothing need be known; a claim makes at most one
local passed = redis.call(
  'ZRANGEBYLEX', SPENT, '[' .. tier .. '|', '[' .. tier .. '|' .. padded(tag) .. '}', 'LIMIT', 0, 2)
for _, member in ipairs(passed) do
  redis.call('ZREM', SPENT, member)
  redis.call('HDEL', USERS, string.match(member, '[^|]*$'))
end
local record = load(job)
local deadline = int(now + lease)
record.state = 'running'
record.claims = int(record.claims + 1)
record.worker = worker
record.token = worker .. ':' .. record.claims
record.started = int(now)
save(job, record)
redis.call('ZADD', LEASES, deadline, in_leases(job, record))
local name = line(record)
local share = load_user(name)
untag(share, best)
share.waiting = share.waiting - 1
share.running = share.running + 1
arrange(name, share, now)
save_user(name, share)
return {{redis.call('HGET', JOBS, job), record.token, int(record.claims - record.released), deadline}}
