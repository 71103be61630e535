-- now job token how state Ending-JSON measured reference price_field guess -> the job's ending, "" when it went back;
-- or nothing when the lease is lost. OUTBOX is that of the job's platform.
-- `how`: "end"; "retry" goes back while attempts are left; "release" goes back, uncounted;
-- "expire" is a retry of whoever holds the job, if the lease has run out.
-- A job that was cancelled ends as cancelled, however it leaves its worker.
-- A job that is done teaches what it `measured`, in microseconds, if not 0; see speeds.py.
local function step(field, measured, expected)
  local old = tonumber(redis.call('HGET', SPEEDS, field) or 1000000)
  local seen = math.max(old / 2, math.min(old * 2, measured * 1000000 / expected))
  local new = math.floor(old + (seen - old) / 8)
  redis.call('HSET', SPEEDS, field, int(math.max(1000, math.min(1000000000, new))))
end

local function learn_speeds(record, measured, reference, price_field, guess)
  if measured == '0' then return end
  local pool = pool_of(record.worker)
  step('pace|' .. pool .. '|' .. record.effect, measured, record.cost)
  if guess ~= '0' and (reference == '' or reference == pool) then step(price_field, measured, guess) end
end

local now, job, token, how = clock(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local record = load(job)
if not record then return false end
if how == 'expire' then
  local deadline = record.state == 'running' and redis.call('ZSCORE', LEASES, in_leases(job, record))
  if not deadline or tonumber(deadline) > now then return false end
elseif record.token ~= token then
  return false
end
if record.state ~= 'running' then
  -- said twice by the one who ended it: the first reply was lost
  return redis.call('HGET', ENDINGS, job)
end
if how == 'expire' then record.token = nil end
redis.call('ZREM', LEASES, in_leases(job, record))
if record.flagged then redis.call('ZREM', FLAGGED, record.worker .. '|' .. job) end
local name = line(record)
local share = load_user(name)
share.running = share.running - 1
local attempts = record.claims - record.released
local state, ending = ARGV[5], ARGV[6]
if record.flagged then
  state, ending = 'cancelled', cancelled(job)
elseif how == 'release' or (how ~= 'end' and attempts < tonumber(record.max)) then
  state, ending = 'waiting', ''
end
if state == 'waiting' then
  -- what was tried is in no batch any more
  if how == 'release' then record.released = int(record.released + 1) else record.kind = nil end
  record.state, record.token, record.worker = state, nil, nil
  record.tag, record.tier = carried(record.tag, record.tier, share.tier), share.tier
  save(job, record)
  redis.call('HDEL', PROGRESS, job)
  share.waiting = share.waiting + 1
  local member = in_ready(job, record)
  table.insert(share.tagged, member)
  stand(share, member)
else
  if state == 'done' then learn_speeds(record, ARGV[7], ARGV[8], ARGV[9], ARGV[10]) end
  finish(job, record, state, ending, now)
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, '-1')
end
arrange(name, share, now)
save_user(name, share)
return ending
