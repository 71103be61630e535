-- Of these files, in this order, common.lua, order.lua, ledger.lua, the functions that a script calls
-- are put before it, and the keys that they and it use. All keys:
--   JOBS      hash    job -> Job, JSON, as submitted
--   RECORDS   hash    job -> what changes, JSON of strings; the fields are below
--   PROGRESS  hash    job -> the last Progress, JSON
--   ENDINGS   hash    job -> Ending, JSON
--   SUBMITTED hash    user|idempotency key -> job
--   OWNED     by name user|seq|job
--   LINES     by name line|seq|job|effect|kind|cost: waiting, not yet tagged
--   READY     by name tier|effect|tag|seq|job|kind|line|cost: tagged, may be claimed
--   KINDS     by name tier|effect|kind|tag|seq|job: those in READY that have a kind
--   HELD      the same of lines of which as many jobs run as may
--   USERS     hash    line -> share, JSON; the fields are below
--   SPENT     by name tier|F|line, of lines with neither waiting nor running jobs
--   CLASSES   hash    root: V; v|tier: V in it; f|tier: its F; n|tier: its jobs
--   LEASES    scores  job|worker|started|cost|effect|line, running -> deadline
--   FLAGGED   by name worker|job: running, cancelled
--   ENDED     scores  job that ended and was delivered -> when
--   IDLE      by name effect|client|number|worker|effects: claims that sleep
--   DEAD      scores  job that failed, a dead letter -> when
--   COUNTERS  hash    seq: submits so far; held, spent, returned: credits ever; see Turnover
--   ALIVE     scores  worker -> until when
--   WORKERS   hash    worker -> WorkerInfo, JSON
--   RULES     hash    version; wire: the newest of any job, if not 1; document: Rules, JSON; waiting|, running|, daily|, effects|,
--                     deferred|tier
--   PEOPLE    hash    user -> Terms, JSON of strings, if admins have set any; see people.py
--   AUDIT     stream  of changes by admins
--   ACCOUNTS  hash    user -> Ledger, JSON of strings; see ledger.py
--   DRAINING  set     of workers that were told to leave
--   CODES     scores  link code|account -> until when
--   FORGOTTEN scores  account|day of its ledger, which says only what was used -> that midnight
--   SPEEDS    hash    factors learned from what is done; see speeds.py
--   ARRIVALS  hash    half-hour|class|effect -> how many came; see tide.py
--   OUTBOX    stream  of the job's platform, where a script ends a job
-- "By name": a sorted set with all scores 0, read by prefix in O(log n). Words hold no "|".
-- The line of a user's deferred jobs is "later user", of the other jobs "user". Its tier is "later".
-- A waiting job is in LINES, READY or HELD, a running one in LEASES, an ended one in ENDINGS.
-- Record: user effect cost seq key max submitted state claims released; and, once there,
-- tag tier charge (if not the cost) token worker started flagged (when) ended kind passed (see
-- policy.py); deferred: "1"; date: the day whose credits it holds, if not deferred nor free: "1", and
-- bonus: how much of them is that; receipt: its ending's in the outbox.
-- Numbers are strings: tostring and cjson keep 14 digits, and Redis is slow to write those in calls.
-- Share: tier finish; terms, if any; counts: waiting running; tagged: members in READY, or in HELD if held.

local function int(number)
  return string.format('%d', number)
end

local function padded(number)
  return string.format('%016d', number)
end

-- Microseconds. `given` is the injected clock's, or empty. `moment`: all of a run is at one time.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  if not moment then
    local time = redis.call('TIME')
    moment = time[1] * 1000000 + time[2]
  end
  return moment
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
  return redis.call('ZRANGEBYLEX', key, '[' .. prefix .. '|', '(' .. prefix .. '}', 'LIMIT', '0', '1')[1]
end

-- What follows the last "|". A pattern that is not anchored is tried at every character: it begins
-- with ".*", which finds the end at once.
local function last_of(member)
  return string.match(member, '^.*|(.*)$')
end

local function line_of(user, deferred)
  return deferred and 'later ' .. user or user
end

local function line(record)
  return line_of(record.user, record.deferred)
end

local function terms_of(user)
  local terms = redis.call('HGET', PEOPLE, user)
  return terms and cjson.decode(terms) or {}
end

local function save_terms(user, terms)
  if next(terms) then
    redis.call('HSET', PEOPLE, user, cjson.encode(terms))
  else
    redis.call('HDEL', PEOPLE, user)
  end
end

local function account_of(user)
  return terms_of(user).account or user
end

local function owns(user, record)
  return record.user == user or account_of(record.user) == account_of(user)
end

local function tier_of(user)
  return terms_of(user).tier or 'free'
end

local function class_of(line)
  return string.find(line, ' ', 1, true) and 'later' or tier_of(line)
end

-- Note what an admin has changed.
local function audit(now, who, what, before, after)
  redis.call('XADD', AUDIT, '*', 'time', int(now), 'who', who, 'what', what, 'before', before, 'after', after)
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

local function waiting_in_all()
  return redis.call('ZCARD', READY) + redis.call('ZCARD', HELD) + redis.call('ZCARD', LINES)
end

-- All that waits, tagged and in lines; when that is more than `limit`, for a `line` that is not of
-- deferred jobs: without those but for the first in READY; or nil. See Lines.soon.
local function waiting(limit, line)
  -- from and to of what is deferred
  local parts = {
    {READY, '(later|', '(later}'}, {HELD, '(later|', '(later}'}, {LINES, '(later ', '(later!'},
  }
  local count = waiting_in_all()
  local whole = count <= limit
  if not whole then
    if string.find(line, ' ', 1, true) then return nil end
    for _, part in ipairs(parts) do
      count = count - redis.call('ZLEXCOUNT', part[1], part[2], part[3])
    end
    if count > limit then return nil end
  end
  local tagged, lines = {}, {}
  local function add(found, ...)
    for _, member in ipairs(redis.call(...)) do found[#found + 1] = member end
  end
  for _, part in ipairs(parts) do
    local found = part[1] == LINES and lines or tagged
    if whole then
      add(found, 'ZRANGE', part[1], 0, -1)
    else
      add(found, 'ZRANGEBYLEX', part[1], '-', part[2])
      add(found, 'ZRANGEBYLEX', part[1], part[3], '+')
    end
  end
  -- HEADS of schedule.py
  if not whole then add(tagged, 'ZRANGEBYLEX', READY, '(later|', '(later}', 'LIMIT', '0', '50') end
  return tagged, lines
end

-- What a forecast needs, or false when too much waits; of users who have nothing waiting or
-- running, it knows `user` alone.
local function snapshot(now, limit, user)
  local tagged, lines = waiting(tonumber(limit), user)
  if not tagged then return false end
  local running = redis.call('ZRANGE', LEASES, 0, -1)
  -- whoever waits in a line has a tagged job or a running one, or is banned and not served
  local users, known = {user}, {[user] = true}
  local function note(user)
    if not known[user] then
      known[user] = true
      users[#users + 1] = user
    end
  end
  for _, member in ipairs(tagged) do note(string.match(member, '^.*|(.*)|')) end
  for _, member in ipairs(running) do note(last_of(member)) end
  local names = redis.call('ZRANGEBYSCORE', ALIVE, '(' .. int(now), '+inf')
  return {
    redis.call('HGET', RULES, 'version'), int(now), redis.call('HGETALL', CLASSES), users, all('HMGET', USERS, users),
    tagged, lines, running, all('HMGET', WORKERS, names),
    redis.call('HGETALL', SPEEDS),
  }
end
