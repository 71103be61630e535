-- Put before every script. All state of the queue is in these keys:
local JOBS = KEYS[1]      -- hash    job -> Job, JSON, as submitted
local RECORDS = KEYS[2]   -- hash    job -> what changes, JSON of strings; the fields are below
local PROGRESS = KEYS[3]  -- hash    job -> the last Progress, JSON
local ENDINGS = KEYS[4]   -- hash    job -> Ending, JSON
local SUBMITTED = KEYS[5] -- hash    user|idempotency key -> job
local OWNED = KEYS[6]     -- by name user|seq|job
local LINES = KEYS[7]     -- by name user|seq|job|effect|cost: waiting, not yet tagged
local READY = KEYS[8]     -- by name effect|tag|seq|job|user|cost: heads of lines, and what was given back
local HEADS = KEYS[9]     -- hash    user -> how many jobs in READY
local FINISH = KEYS[10]   -- scores  user -> finish tag F
local LEASES = KEYS[11]   -- scores  job|worker|started|cost, running -> deadline
local FLAGGED = KEYS[12]  -- by name worker|job: running, cancelled
local ENDED = KEYS[13]    -- scores  job that ended and was delivered -> when
local IDLE = KEYS[14]     -- by name effect|client|number|effects: claims that sleep
local COUNTERS = KEYS[15] -- hash    seq: submits so far; virtual: V
local ALIVE = KEYS[16]    -- scores  worker -> until when
local WORKERS = KEYS[17]  -- hash    worker -> WorkerInfo, JSON
-- KEYS[18], where a script ends a job, is the outbox of the job's platform: a stream.
-- "By name": a sorted set with all scores 0, read by prefix in O(log n). Words hold no "|".
-- A waiting job is in LINES or READY, a running one in LEASES, an ended one in ENDINGS.
-- Record: user effect cost seq key max submitted state claims released; and, once there,
-- tag token worker started flagged ended. Numbers are strings: tostring and cjson keep 14 digits.

local function int(number)
  return string.format('%.0f', number)
end

local function padded(number)
  return string.format('%016.0f', number)
end

-- Microseconds. `given` is the injected clock's, or empty.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function load(job)
  local record = redis.call('HGET', RECORDS, job)
  return record and cjson.decode(record)
end

local function save(job, record)
  redis.call('HSET', RECORDS, job, cjson.encode(record))
end

-- The first member that begins with `prefix` and "|"; "}" follows "|".
local function first(key, prefix)
  return redis.call('ZRANGEBYLEX', key, '[' .. prefix .. '|', '(' .. prefix .. '}', 'LIMIT', 0, 1)[1]
end

-- `waiter` is client|number|effects, the effects parted by blanks.
local function each_idle(command, waiter)
  for effect in string.gmatch(string.match(waiter, '[^|]*$'), '%S+') do
    if command == 'ZADD' then
      redis.call('ZADD', IDLE, 0, effect .. '|' .. waiter)
    else
      redis.call('ZREM', IDLE, effect .. '|' .. waiter)
    end
  end
end

-- Wake one sleeping claim that can run `effect`; those whose client has gone are dropped.
local function wake(effect)
  while true do
    local member = first(IDLE, effect)
    if not member then return end
    local waiter = string.sub(member, #effect + 2)
    local client, number = string.match(waiter, '^([^|]*)|([^|]*)|')
    each_idle('ZREM', waiter)
    if redis.call('PUBLISH', IDLE .. ':' .. client, number) > 0 then return end
  end
end

local function in_line(job, record)
  return table.concat({record.user, padded(record.seq), job, record.effect, record.cost}, '|')
end

local function in_ready(job, record)
  return table.concat(
    {record.effect, padded(record.tag), padded(record.seq), job, record.user, record.cost}, '|')
end

local function in_leases(job, record)
  return table.concat({job, record.worker, record.started, record.cost}, '|')
end

local function virtual()
  return tonumber(redis.call('HGET', COUNTERS, 'virtual') or 0)
end

-- Nothing waits or runs: V takes the largest finish tag, which makes all others say no more than V.
local function rest()
  local largest = redis.call('ZREVRANGE', FINISH, 0, 0, 'WITHSCORES')[2]
  if not largest then return end
  redis.call('HSET', COUNTERS, 'virtual', int(math.max(virtual(), tonumber(largest))))
  redis.call('DEL', FINISH)
end

local function stand(job, record)
  redis.call('ZADD', READY, 0, in_ready(job, record))
  redis.call('HINCRBY', HEADS, record.user, 1)
  wake(record.effect)
end

-- Give the first of the user's line its tag.
local function stand_as_head(job, record)
  local tag = math.max(virtual(), tonumber(redis.call('ZSCORE', FINISH, record.user) or 0))
  redis.call('ZADD', FINISH, int(tag + record.cost), record.user)
  record.tag = int(tag)
  save(job, record)
  stand(job, record)
end

-- Let the first of the user's line stand among the heads, if none of the user's does.
local function promote(user)
  if redis.call('HEXISTS', HEADS, user) == 1 then return end
  local member = first(LINES, user)
  if not member then return end
  redis.call('ZREM', LINES, member)
  local job = string.match(member, '^[^|]*|[^|]*|([^|]*)|')
  stand_as_head(job, load(job))
end

-- One of the user's jobs is no longer among the heads.
local function leave(user)
  if redis.call('HINCRBY', HEADS, user, -1) < 1 then redis.call('HDEL', HEADS, user) end
  promote(user)
end

-- End a job for good; `ending` is JSON.
local function finish(job, record, state, ending, now, outbox)
  record.state = state
  record.ended = int(now)
  save(job, record)
  redis.call('HSET', ENDINGS, job, ending)
  redis.call('XADD', outbox, '*', 'job', redis.call('HGET', JOBS, job), 'ending', ending)
end

-- HMGET or ZMSCORE of any number of members.
local function all(command, key, members)
  local found = {}
  for i = 1, #members, 1000 do
    local last = math.min(i + 999, #members)
    for _, value in ipairs(redis.call(command, key, unpack(members, i, last))) do
      found[#found + 1] = value
    end
  end
  return found
end

-- What a forecast needs, or false when more than `limit` jobs wait.
local function snapshot(now, limit)
  if redis.call('ZCARD', READY) + redis.call('ZCARD', LINES) > tonumber(limit) then return false end
  local users = redis.call('HKEYS', HEADS)
  local names = redis.call('ZRANGEBYSCORE', ALIVE, '(' .. int(now), '+inf')
  return {
    int(now), int(virtual()), users, all('ZMSCORE', FINISH, users),
    redis.call('ZRANGE', READY, 0, -1), redis.call('ZRANGE', LINES, 0, -1),
    redis.call('ZRANGE', LEASES, 0, -1), all('HMGET', WORKERS, names),
  }
end

