-- now limit job Job-JSON user key effect cost max_attempts version date longest kind deferred
-- slot paused wire
-- -> "ok", job, its record if it is known already, the class of its line, now, a snapshot if
-- `limit` is not 0; or why not:
-- "not_yours"; "stale": these are not the rules in force; "joined", the account; "banned", the reason; "paused"; "effect", the tier;
-- "waiting", how many; "deferred", how many, and how many may be; "full"; "quota", credits left
-- One more in the counts of the half-hour; see Tide.learn.
local function learn_arrival(class, first)
  local field = ARGV[15] .. '|' .. class .. '|' .. ARGV[7]
  local counts = redis.call('HGET', ARRIVALS, field) or ARGV[11] .. ' 0 0 0 -1 0 0'
  local row = {string.match(counts, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')}
  if row[1] ~= ARGV[11] then
    local known = tonumber(row[5]) >= 0
    for i = 2, 4 do
      row[i + 3] = int(known and math.floor((row[i] + row[i + 3]) / 2) or row[i])
      row[i] = 0
    end
    row[1] = ARGV[11]
  end
  row[2], row[3], row[4] = int(row[2] + 1), int(row[3] + (first and 1 or 0)), int(row[4] + ARGV[8])
  redis.call('HSET', ARRIVALS, field, table.concat(row, ' '))
end

local now, job, user, key = clock(ARGV[1]), ARGV[3], ARGV[5], ARGV[5] .. '|' .. ARGV[6]
local known = redis.call('HGET', SUBMITTED, key)
if not known then
  local other = load(job)
  if other then
    if not owns(user, other) then return {'not_yours'} end
    known = job
  end
end
local name, share
if not known then
  local waiting = waiting_in_all()
  if waiting == 0 then begin_anew() end
  local deferred = ARGV[14] == '1' or nil
  name = line_of(user, deferred)
  share = load_user(name)
  local terms = share.terms or {}
  local tier = terms.tier or 'free'
  local limits = redis.call(
    'HMGET', RULES, 'waiting|' .. tier, 'effects|' .. tier, 'daily|' .. tier, 'version',
    'deferred|' .. tier, 'wire')
  if limits[4] ~= ARGV[10] then return {'stale'} end
  if terms.account then return {'joined', terms.account} end
  if terms.banned then return {'banned', terms.banned} end
  if ARGV[16] ~= '' then return {'paused'} end
  if limits[2] ~= '' and not string.find(limits[2], ' ' .. ARGV[7] .. ' ', 1, true) then
    return {'effect', tier}
  end
  if deferred then
    if share.waiting >= tonumber(limits[5]) then return {'deferred', int(share.waiting), limits[5]} end
  elseif share.waiting >= tonumber(limits[1]) then
    return {'waiting', int(share.waiting)}
  end
  if waiting >= tonumber(ARGV[12]) then return {'full'} end
  local bonus = 0
  if not deferred then
    local ledger = load_ledger(user)
    touch(ledger, ARGV[11], terms.daily and terms.daily * 1000000 or limits[3])
    if tonumber(ledger.available) < tonumber(ARGV[8]) then return {'quota', ledger.available} end
    bonus = math.max(0, ARGV[8] - (ledger.available - ledger.bonus))
    ledger.available, ledger.held = int(ledger.available - ARGV[8]), int(ledger.held + ARGV[8])
    ledger.bonus = int(ledger.bonus - bonus)
    save_ledger(user, ledger)
    redis.call('HINCRBY', COUNTERS, 'held', ARGV[8])
  end
  local record = {
    user = user, key = ARGV[6], effect = ARGV[7], cost = ARGV[8], max = ARGV[9], date = ARGV[11], bonus = int(bonus),
    seq = int(redis.call('HINCRBY', COUNTERS, 'seq', '1')),
    submitted = int(now), state = 'waiting', claims = '0', released = '0',
    kind = ARGV[13] ~= '' and ARGV[13] or nil, deferred = deferred and '1',
  }
  if tonumber(ARGV[17]) > tonumber(limits[6] or 1) then redis.call('HSET', RULES, 'wire', ARGV[17]) end
  redis.call('HSET', SUBMITTED, key, job)
  redis.call('HSET', JOBS, job, ARGV[4])
  redis.call('ZADD', OWNED, '0', user .. '|' .. padded(record.seq) .. '|' .. job)
  learn_arrival(share.tier, share.waiting + share.running == 0)
  join(job, record, share, now)
  save_user(name, share)
end
local saved = ''
if known then
  saved = redis.call('HGET', RECORDS, known)
  name = line(cjson.decode(saved))
end
local class = share and share.tier or class_of(name)
return {
  'ok', known or job, saved, class, int(now), ARGV[2] ~= '0' and snapshot(now, ARGV[2], name)
}
