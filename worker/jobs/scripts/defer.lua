-- now job user Job-JSON -> "ok", "not_yours", "not_waiting", how many are deferred and how many may
-- be; or nothing. The JSON is of the job as deferred.
local now, job, user = clock(ARGV[1]), ARGV[2], ARGV[3]
local record = load(job)
if not record then return false end
if not owns(user, record) then return 'not_yours' end
user = record.user
if record.state ~= 'waiting' then return 'not_waiting' end
if record.deferred then return 'ok' end
local later = line_of(user, true)
local limit = redis.call('HGET', RULES, 'deferred|' .. tier_of(user))
local waiting = load_user(later).waiting
if waiting >= tonumber(limit) then return {int(waiting), limit} end
leave(job, record, now)
settle_credits(record, 0)
begin_anew()
record.deferred, record.tag, record.tier, record.charge, record.bonus = '1', nil, nil, nil, '0'
redis.call('HSET', JOBS, job, ARGV[4])
local share = load_user(later)
join(job, record, share, now)
save_user(later, share)
return 'ok'
