-- The functions that a script calls are put before it, and the keys that they and it use. All keys:
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
--   COUNTERS  hash    seq: submits so far
--   ALIVE     scores  worker -> until when
--   WORKERS   hash    worker -> WorkerInfo, JSON
--   RULES     hash    version; document: Rules, JSON; waiting|, running|, daily|, effects|,
--                     deferred|tier
--   PEOPLE    hash    user -> Terms, JSON of strings, if admins have set any; see people.py
--   AUDIT     stream  of changes by admins
--   ACCOUNTS  hash    user -> Ledger, JSON of strings; see ledger.py
--   DRAINING  set     of workers that were told to leave
--   SPEEDS    hash    factors learned from what is done; see speeds.py
--   ARRIVALS  hash    half-hour|class|effect -> how many came; see tide.py
--   OUTBOX    stream  of the job's platform, where a script ends a job
-- "By name": a sorted set with all scores 0, read by prefix in O(log n). Words hold no "|".
-- The line of a user's deferred jobs is "user later", of the other jobs "user". Its tier is "later".
-- A waiting job is in LINES, READY or HELD, a running one in LEASES, an ended one in ENDINGS.
-- Record: user effect cost seq key max submitted state claims released; and, once there,
-- tag tier charge (if not the cost) token worker started flagged (when) ended kind passed (see
-- policy.py); deferred: "1"; date: the day whose credits it holds, if not deferred nor free: "1", and
-- bonus: how much of them is that; receipt: its ending's in the outbox.
-- Numbers are strings: tostring and cjson keep 14 digits.
-- Share: tier finish; terms, if any; counts: waiting running; tagged: members in READY, or in HELD if held.

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
  local json = cjson.encode(record)
  redis.call('HSET', RECORDS, job, json)
  return json
end

-- The first member that begins with `prefix` and "|"; "}" follows "|".
local function first(key, prefix)
  return redis.call('ZRANGEBYLEX', key, '[' .. prefix .. '|', '(' .. prefix .. '}', 'LIMIT', 0, 1)[1]
end

-- `waiter` is client|number|worker|effects, the effects parted by blanks.
local function each_idle(command, waiter)
  for effect in string.gmatch(string.match(waiter, '[^|]*$'), '%S+') do
    if command == 'ZADD' then
      redis.call('ZADD', IDLE, 0, effect .. '|' .. waiter)
    else
      redis.call('ZREM', IDLE, effect .. '|' .. waiter)
    end
  end
end

local function pool_of(worker)
  local info = redis.call('HGET', WORKERS, worker)
  return info and cjson.decode(info).pool or 'cpu'
end

-- The sleeping claim, of the first 64, whose pool is known as the fastest for `effect`.
local function fastest(effect)
  local found = redis.call(
    'ZRANGEBYLEX', IDLE, '[' .. effect .. '|', '(' .. effect .. '}', 'LIMIT', 0, 64)
  if #found < 2 then return found[1] end
  local best, best_pace
  for _, member in ipairs(found) do
    local pool = pool_of(string.match(member, '^[^|]*|[^|]*|[^|]*|([^|]*)|'))
    local pace = tonumber(redis.call('HGET', SPEEDS, 'pace|' .. pool .. '|' .. effect) or 1000000)
    if not best or pace < best_pace then best, best_pace = member, pace end
  end
  return best
end

-- Wake one sleeping claim that can run `effect`, so that the fastest idle worker takes it; those
-- whose client has gone are dropped.
local function wake(effect)
  while true do
    local member = fastest(effect)
    if not member then return end
    local waiter = string.sub(member, #effect + 2)
    local client, number = string.match(waiter, '^([^|]*)|([^|]*)|')
    each_idle('ZREM', waiter)
    if redis.call('PUBLISH', IDLE .. ':' .. client, number) > 0 then return end
  end
end

local function line_of(user, deferred)
  return deferred and user .. ' later' or user
end

local function line(record)
  return line_of(record.user, record.deferred)
end

local function in_line(job, record)
  return table.concat(
    {line(record), padded(record.seq), job, record.effect, record.kind or '', record.cost}, '|')
end

local function in_ready(job, record)
  return table.concat(
    {record.tier, record.effect, padded(record.tag), padded(record.seq), job, record.kind or '',
     line(record), record.cost}, '|')
end

local function in_leases(job, record)
  return table.concat({job, record.worker, record.started, record.cost, record.effect, line(record)}, '|')
end

local function virtual(tier)
  return tonumber(redis.call('HGET', CLASSES, 'v|' .. tier) or 0)
end

local function terms_of(user)
  local terms = redis.call('HGET', PEOPLE, user)
  return terms and cjson.decode(terms) or {}
end

local function tier_of(user)
  return terms_of(user).tier or 'free'
end

local function class_of(line)
  return string.find(line, ' ', 1, true) and 'later' or tier_of(line)
end

local function load_user(line)
  local share = redis.call('HGET', USERS, line)
  if share then return cjson.decode(share) end
  local user = string.match(line, '^%S+')
  local terms = terms_of(user)
  return {
    tier = user == line and (terms.tier or 'free') or 'later', terms = next(terms) and terms,
    finish = '0', waiting = 0, running = 0, tagged = {},
  }
end

local function in_spent(line, share)
  return table.concat({share.tier, padded(share.finish), line}, '|')
end

local function load_ledger(user)
  local known = redis.call('HGET', ACCOUNTS, user)
  return known and cjson.decode(known)
    or {date = '0', base = '0', granted = '0', available = '0', bonus = '0', held = '0', spent = '0', expired = '0'}
end

local function save_ledger(user, ledger)
  redis.call('HSET', ACCOUNTS, user, cjson.encode(ledger))
end

-- What the day brings; see Ledger.touch.
local function touch(ledger, date, allowance)
  if ledger.date ~= date then
    ledger.expired = int(ledger.expired + ledger.available - ledger.bonus)
    ledger.available, ledger.base, ledger.date = ledger.bonus, '0', date
  end
  local more = math.max(0, allowance - ledger.base)
  for _, sum in ipairs({'base', 'granted', 'available'}) do ledger[sum] = int(ledger[sum] + more) end
end

local function save_user(line, share)
  if share.waiting + share.running == 0 then
    -- a finish tag that V has passed says no more than V
    if tonumber(share.finish) <= virtual(share.tier) then
      redis.call('HDEL', USERS, line)
      return
    end
    redis.call('ZADD', SPENT, 0, in_spent(line, share))
  end
  redis.call('HSET', USERS, line, cjson.encode(share))
end

-- A tier that may have been idle gets work; so `share`, if its line was idle. See policy.py.
local function rouse(tier, line, share)
  if share.waiting + share.running == 0 then redis.call('ZREM', SPENT, in_spent(line, share)) end
  if (redis.call('HGET', CLASSES, 'n|' .. tier) or '0') ~= '0' then return end
  local last = redis.call('ZREVRANGEBYLEX', SPENT, '(' .. tier .. '}', '[' .. tier .. '|', 'LIMIT', 0, 1)[1]
  local tag = math.max(last and tonumber(string.match(last, '^[^|]*|(%d+)|')) or 0, tonumber(share.finish))
  if tag > virtual(tier) then redis.call('HSET', CLASSES, 'v|' .. tier, int(tag)) end
end

-- Of a member of READY that of KINDS, if its job has a kind.
local function of_kind(member)
  if string.find(member, '||', 1, true) then return end
  local group, tag, kind = string.match(member, '^([^|]*|[^|]*|)([^|]*|[^|]*|[^|]*)|([^|]*)|')
  return group .. kind .. '|' .. tag
end

local function stand(share, member)
  redis.call('ZADD', share.held and HELD or READY, 0, member)
  if share.held then return end
  local other = of_kind(member)
  if other then redis.call('ZADD', KINDS, 0, other) end
  wake(string.match(member, '^[^|]*|([^|]*)|'))
end

local function withdraw(share, member)
  redis.call('ZREM', share.held and HELD or READY, member)
  local other = not share.held and of_kind(member)
  if other then redis.call('ZREM', KINDS, other) end
end

-- Give the first of its line its tag.
local function give_tag(job, record, share, now)
  local tag = math.max(virtual(share.tier), tonumber(share.finish))
  local terms = share.terms
  record.charge = terms and terms.ends and now < tonumber(terms.ends)
    and int(math.max(1, math.floor(record.cost / terms.factor))) or nil
  share.finish = int(tag + (record.charge or record.cost))
  record.tag, record.tier = int(tag), share.tier
  share.tagged[1] = in_ready(job, record)
  stand(share, share.tagged[1])
  return save(job, record)
end

local function may_run(share)
  local terms = share.terms or {}
  local tier = share.tier == 'later' and (terms.tier or 'free') or share.tier
  return not terms.banned and share.running < tonumber(redis.call('HGET', RULES, 'running|' .. tier))
end

-- Note what an admin has changed.
local function audit(now, who, what, before, after)
  redis.call('XADD', AUDIT, '*', 'time', int(now), 'who', who, 'what', what, 'before', before, 'after', after)
end

-- Hold the heads of the banned and at the running limit; else let them stand, and be one at least. Who has none
-- tagged and some waiting has a line.
local function arrange(line, share, now)
  if share.waiting == 0 then
    share.held = nil
    return
  end
  local hold = not may_run(share)
  if hold ~= (share.held or false) then
    for _, member in ipairs(share.tagged) do withdraw(share, member) end
    share.held = hold or nil
    for _, member in ipairs(share.tagged) do stand(share, member) end
  end
  if hold or #share.tagged > 0 then return end
  local member = first(LINES, line)
  redis.call('ZREM', LINES, member)
  local job = string.match(member, '^[^|]*|[^|]*|([^|]*)|')
  give_tag(job, load(job), share, now)
end

-- Of a line that is known, what admins have set has changed.
local function note_terms(line, terms, now)
  if redis.call('HEXISTS', USERS, line) == 0 then return end
  local share = load_user(line)
  share.terms = next(terms) and terms or nil
  arrange(line, share, now)
  save_user(line, share)
end

local function untag(share, member)
  for i, other in ipairs(share.tagged) do
    if other == member then return table.remove(share.tagged, i) end
  end
end

-- When nothing waits or runs, time begins anew.
local function begin_anew()
  if redis.call('EXISTS', READY, LEASES, HELD, LINES) == 0 then redis.call('DEL', USERS, SPENT, CLASSES) end
end

-- A waiting job joins its line; returns its record as saved. Say `save_user` after it.
local function join(job, record, share, now)
  rouse(share.tier, line(record), share)
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, 1)
  share.waiting = share.waiting + 1
  if #share.tagged == 0 and may_run(share) then return give_tag(job, record, share, now) end
  redis.call('ZADD', LINES, 0, in_line(job, record))
  return save(job, record)
end

-- A waiting job leaves its line for good.
local function leave(job, record, now)
  local name = line(record)
  local share = load_user(name)
  if record.tag then
    local member = in_ready(job, record)
    withdraw(share, member)
    untag(share, member)
    share.finish = int(share.finish - (record.charge or record.cost)) -- a head's is returned to its user
  else
    redis.call('ZREM', LINES, in_line(job, record))
  end
  share.waiting = share.waiting - 1
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, -1)
  arrange(name, share, now)
  save_user(name, share)
end

-- A tag in the time of another tier.
local function carried(tag, from, to)
  if from == to then return tag end
  return int(math.max(0, tag - virtual(from) + virtual(to)))
end

-- Of the credits that the job held, `used` are spent, and the rest goes back; see Ledger.settle.
-- Deferred jobs hold none, nor do those that an admin sent again.
local function settle_credits(record, used)
  if record.deferred or record.free then return end
  local ledger = load_ledger(record.user)
  local rest = record.cost - used
  local bonus = math.min(record.bonus, rest)
  ledger.held = int(ledger.held - record.cost)
  ledger.spent = int(ledger.spent + used)
  ledger.bonus = int(ledger.bonus + bonus)
  if ledger.date == record.date then
    ledger.available = int(ledger.available + rest)
  else
    ledger.available = int(ledger.available + bonus)
    ledger.expired = int(ledger.expired + rest - bonus)
  end
  save_ledger(record.user, ledger)
end

-- End a job for good; `ending` is JSON. A cancelled one pays for the time until it was flagged.
local function finish(job, record, state, ending, now)
  local used = 0
  if state == 'done' then
    used = tonumber(record.cost)
  elseif state == 'cancelled' and record.flagged then
    used = math.max(0, math.min(tonumber(record.cost), record.flagged - record.started))
  end
  settle_credits(record, used)
  record.state = state
  record.ended = int(now)
  record.receipt = redis.call('XADD', OUTBOX, '*', 'job', redis.call('HGET', JOBS, job), 'ending', ending)
  save(job, record)
  redis.call('HSET', ENDINGS, job, ending)
  if state == 'failed' then redis.call('ZADD', DEAD, int(now), job) end
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

-- What a forecast needs, or false when more than `limit` jobs wait; of users who have nothing
-- waiting or running, it knows `user` alone.
local function snapshot(now, limit, user)
  if waiting_in_all() > tonumber(limit) then return false end
  local held = redis.call('ZCARD', HELD)
  local tagged, running = redis.call('ZRANGE', READY, 0, -1), redis.call('ZRANGE', LEASES, 0, -1)
  for _, member in ipairs(held > 0 and redis.call('ZRANGE', HELD, 0, -1) or {}) do
    tagged[#tagged + 1] = member
  end
  -- whoever waits in a line has a tagged job or a running one, or is banned and not served
  local users, known = {user}, {[user] = true}
  local function note(user)
    if not known[user] then
      known[user] = true
      users[#users + 1] = user
    end
  end
  for _, member in ipairs(tagged) do note(string.match(member, '([^|]*)|%d+$')) end
  for _, member in ipairs(running) do note(string.match(member, '[^|]*$')) end
  local names = redis.call('ZRANGEBYSCORE', ALIVE, '(' .. int(now), '+inf')
  return {
    redis.call('HGET', RULES, 'version'), int(now), redis.call('HGETALL', CLASSES), users, all('HMGET', USERS, users),
    tagged, redis.call('ZRANGE', LINES, 0, -1), running, all('HMGET', WORKERS, names),
    redis.call('HGETALL', SPEEDS),
  }
end

