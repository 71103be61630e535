-- now worker lease waiter sleep version slack wire classes {class weight}... {effect most warm}...
-- -> {Job-JSON, token, attempt, deadline, waited, class}...; nothing; or "stale": these are not the rules in force; "newer", the version of the wire
-- `waiter` registers this claim as asleep when there is nothing to do and `sleep` is "1". Weight 0:
-- closed. `most`: so many in a batch; `warm`: "1" for an effect that is loaded. See policy.py.
local now, worker, lease, waiter = clock(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]
local rules = redis.call('HMGET', RULES, 'version', 'wire')
if rules[1] ~= ARGV[6] then return 'stale' end
if tonumber(rules[2] or 1) > tonumber(ARGV[8]) then return {'newer', rules[2]} end
if waiter ~= '' then each_idle('ZREM', waiter) end
local slack, effects = tonumber(ARGV[7]), 10 + 2 * ARGV[9]
local classes, flat = {}, redis.call('HGETALL', CLASSES)
for i = 1, #flat, 2 do classes[flat[i]] = tonumber(flat[i + 1]) end
local root = classes.root or 0

local function start_of(tier)
  return math.max(root, classes['f|' .. tier] or 0)
end

-- The head of the class with the smallest tag; with `warm` of loaded effects alone.
local function head_of(tier, warm)
  local head, head_tag, head_seq, index
  for j = effects, #ARGV, 3 do
    local member = (not warm or ARGV[j + 2] == '1') and first(READY, tier .. '|' .. ARGV[j])
    if member then
      local tag, seq = string.match(member, '^[^|]*|[^|]*|(%d+)|(%d+)|')
      tag, seq = tonumber(tag), tonumber(seq)
      if not head or tag < head_tag or (tag == head_tag and seq < head_seq) then
        head, head_tag, head_seq, index = member, tag, seq, j
      end
    end
  end
  return head, head_tag, head_seq, index
end

local weights, best, best_start, best_seq, tier, tag, index = {}
for i = 10, effects - 1, 2 do
  local class, weight = ARGV[i], tonumber(ARGV[i + 1])
  if (classes['n|' .. class] or 0) > 0 then
    weights[class] = weight
    local head, head_tag, seq, j = head_of(class)
    -- a closed class comes after all others
    local start = weight == 0 and math.huge or start_of(class)
    if head and (not best or start < best_start or (start == best_start and seq < best_seq)) then
      best, best_start, best_seq, tier, tag, index = head, start, seq, class, head_tag, j
    end
  end
end
if not best then
  if ARGV[5] == '1' then each_idle('ZADD', waiter) end
  return false
end
local virtual_time = math.max(classes['v|' .. tier] or 0, tag)
local changed, charged = {'v|' .. tier, int(virtual_time)}, {}
classes['v|' .. tier] = virtual_time
if best_start < math.huge then
  root = best_start
  changed[3], changed[4] = 'root', int(root)
end
redis.call('HSET', CLASSES, unpack(changed))
-- of users whose finish tag V has passed nothing need be known; a claim makes at most one
local past = redis.call(
  'ZRANGEBYLEX', SPENT, '[' .. tier .. '|', '[' .. tier .. '|' .. padded(virtual_time) .. '}', 'LIMIT', '0', '2')
for _, member in ipairs(past) do
  redis.call('ZREM', SPENT, member)
  redis.call('HDEL', USERS, last_of(member))
end

-- Let a job run, charged to its class and its user.
local deadline, taken, jobs, records, leases = int(now + lease), {}, {}, {}, {}
local function begin(job, record, member)
  withdraw({}, member)
  local weight = weights[record.tier]
  if weight > 0 then
    local field = 'f|' .. record.tier
    classes[field] = start_of(record.tier) + math.floor(record.cost / weight)
    charged[field] = int(classes[field])
  end
  record.state, record.passed = 'running', nil
  record.claims = int(record.claims + 1)
  record.worker = worker
  record.token = worker .. ':' .. record.claims
  record.started = int(now)
  local i = #jobs + 1
  jobs[i] = job
  records[2 * i - 1], records[2 * i] = job, cjson.encode(record)
  leases[2 * i - 1], leases[2 * i] = deadline, in_leases(job, record)
  taken[i] = {
    '', record.token, int(record.claims - record.released), deadline, int(now - record.submitted), record.tier,
  }
  local name = line(record)
  local share = load_user(name)
  untag(share, member)
  share.waiting = share.waiting - 1
  share.running = share.running + 1
  arrange(name, share, now)
  save_user(name, share)
end

local function job_in(member)
  return string.match(member, '^[^|]*|[^|]*|[^|]*|[^|]*|([^|]*)|')
end

local job, member, budget, passed = job_in(best), best, math.huge
local record = load(job)
if ARGV[index + 2] ~= '1' then
  local other, other_tag, _, other_index = head_of(tier, true)
  local left = slack - (record.passed or 0)
  if other and other_tag - tag <= slack and tonumber(last_of(other)) <= left then
    passed, budget, member, index = {job, record}, left, other, other_index
    job = job_in(other)
    record = load(job)
  end
end
local most, closed = tonumber(ARGV[index + 1]), weights[tier] == 0
local group = record.kind and record.effect .. '|' .. record.kind
while record and tonumber(record.cost) <= budget do
  budget = budget - record.cost
  begin(job, record, member)
  record = nil
  if group and #taken < most then
    local found_start, found_seq
    for class, weight in pairs(weights) do
      local next_one = (weight == 0) == closed and first(KINDS, class .. '|' .. group)
      if next_one then
        local next_tag, seq, name = string.match(next_one, '^.*|(%d+)|(%d+)|(.*)$')
        local start = closed and root or start_of(class)
        seq = tonumber(seq)
        if next_tag - (classes['v|' .. class] or 0) <= slack and start - root <= slack
          and (not found_start or start < found_start or (start == found_start and seq < found_seq)) then
          found_start, found_seq, job = start, seq, name
        end
      end
    end
    if found_start then
      record = load(job)
      member = in_ready(job, record)
    end
  end
end
if passed then
  passed[2].passed = int(slack - budget)
  save(passed[1], passed[2])
end
for field, finish in pairs(charged) do redis.call('HSET', CLASSES, field, finish) end
redis.call('HSET', RECORDS, unpack(records))
redis.call('ZADD', LEASES, unpack(leases))
for i, json in ipairs(redis.call('HMGET', JOBS, unpack(jobs))) do taken[i][1] = json end
return taken
