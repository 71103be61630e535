-- Credits, and the end of a job; see ledger.py.

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
  if more == 0 then return end
  for _, sum in ipairs({'base', 'granted', 'available'}) do ledger[sum] = int(ledger[sum] + more) end
end

-- Of the credits that the job held, `used` are spent, and the rest goes back; see Ledger.settle.
-- Deferred jobs hold none, nor do those that an admin sent again.
local function settle_credits(record, used)
  if record.deferred or record.free then return end
  local ledger = load_ledger(record.user)
  local rest = record.cost - used
  local bonus = math.min(record.bonus, rest)
  redis.call('HINCRBY', COUNTERS, 'spent', int(used))
  redis.call('HINCRBY', COUNTERS, 'returned', int(rest))
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

-- A Cancelled, JSON.
local function cancelled(job)
  return cjson.encode({kind = 'cancelled', job = job})
end

-- What a running job that is stopped at `time` pays.
local function used_until(record, time)
  return math.max(0, math.min(tonumber(record.cost), time - record.started))
end

-- Nothing is known of a job any more.
local function drop_job(job, record)
  redis.call('HDEL', SUBMITTED, record.user .. '|' .. record.key)
  redis.call('ZREM', OWNED, record.user .. '|' .. padded(record.seq) .. '|' .. job)
  redis.call('ZREM', ENDED, job)
  redis.call('ZREM', DEAD, job)
  for _, key in ipairs({JOBS, RECORDS, PROGRESS, ENDINGS}) do redis.call('HDEL', key, job) end
end

-- End a job for good; `ending` is JSON. A cancelled one pays for the time until it was flagged.
local function finish(job, record, state, ending, now)
  local used = 0
  if state == 'done' then
    used = tonumber(record.cost)
  elseif state == 'cancelled' and record.flagged then
    used = used_until(record, record.flagged)
  end
  settle_credits(record, used)
  record.state = state
  record.ended = int(now)
  record.receipt = redis.call('XADD', OUTBOX, '*', 'job', redis.call('HGET', JOBS, job), 'ending', ending)
  save(job, record)
  redis.call('HSET', ENDINGS, job, ending)
  if state == 'failed' then redis.call('ZADD', DEAD, int(now), job) end
end
