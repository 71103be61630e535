-- now limit job Job-JSON user key effect cost max_attempts version date longest
-- -> "ok", job, "1" when it is new, its record, its user's tier, snapshot; or why not: "not_yours";
-- "stale": these are not the rules in force; "effect", the tier; "waiting", how many; "full";
-- "quota", credits left; "banned", the reason
local now, job, user, key = clock(ARGV[1]), ARGV[3], ARGV[5], ARGV[5] .. '|' .. ARGV[6]
local known = redis.call('HGET', SUBMITTED, key)
if not known then
  local other = load(job)
  if other then
    if other.user ~= user then return {'not_yours'} end
    known = job
  end
end
local share, saved
if not known then
  if redis.call('EXISTS', READY, LEASES, HELD, LINES) == 0 then redis.call('DEL', USERS, SPENT, CLASSES) end
  share = load_user(user)
  local tier = share.tier
  local limits = redis.call(
    'HMGET', RULES, 'waiting|' .. tier, 'effects|' .. tier, 'daily|' .. tier, 'version',
    'running|' .. tier)
  if limits[4] ~= ARGV[10] then return {'stale'} end
  local terms = share.terms or {}
  if terms.banned then return {'banned', terms.banned} end
  if limits[2] ~= '' and not string.find(limits[2], ' ' .. ARGV[7] .. ' ', 1, true) then
    return {'effect', tier}
  end
  if share.waiting >= tonumber(limits[1]) then return {'waiting', int(share.waiting)} end
  if waiting_in_all() >= tonumber(ARGV[12]) then return {'full'} end
  local ledger = load_ledger(user)
  touch(ledger, ARGV[11], terms.daily and terms.daily * 1000000 or limits[3])
  if tonumber(ledger.available) < tonumber(ARGV[8]) then return {'quota', ledger.available} end
  local bonus = math.max(0, ARGV[8] - (ledger.available - ledger.bonus))
  ledger.available, ledger.held = int(ledger.available - ARGV[8]), int(ledger.held + ARGV[8])
  ledger.bonus = int(ledger.bonus - bonus)
  save_ledger(user, ledger)
  local record = {
    user = user, key = ARGV[6], effect = ARGV[7], cost = ARGV[8], max = ARGV[9], date = ARGV[11], bonus = int(bonus),
    seq = int(redis.call('HINCRBY', COUNTERS, 'seq', 1)),
    submitted = int(now), state = 'waiting', claims = '0', released = '0',
  }
  redis.call('HSET', SUBMITTED, key, job)
  redis.call('HSET', JOBS, job, ARGV[4])
  redis.call('ZADD', OWNED, 0, user .. '|' .. padded(record.seq) .. '|' .. job)
  rouse(tier, user, share)
  redis.call('HINCRBY', CLASSES, 'n|' .. tier, 1)
  share.waiting = share.waiting + 1
  if #share.tagged == 0 and share.running < tonumber(limits[5]) then
    saved = give_tag(job, record, share, now)
  else
    saved = save(job, record)
    redis.call('ZADD', LINES, 0, in_line(job, record))
  end
  save_user(user, share)
end
job = known or job
local tier = share and share.tier or tier_of(user)
return {'ok', job, known and '' or '1', saved or redis.call('HGET', RECORDS, job), tier, snapshot(now, ARGV[2], user)}
