-- now older_than limit -> jobs
local now = clock(ARGV[1])
local jobs = redis.call('ZRANGEBYSCORE', ENDED, '-inf', int(now - ARGV[2]), 'LIMIT', 0, ARGV[3])
for _, job in ipairs(jobs) do drop_job(job, load(job)) end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', FORGOTTEN, '-inf', int(now), 'LIMIT', 0, ARGV[3])) do
  redis.call('ZREM', FORGOTTEN, member)
  local user, date = string.match(member, '^(.*)|(.*)$')
  local ledger = load_ledger(user)
  -- else somebody is there again
  if ledger.date == date and ledger.held == '0' and ledger.bonus == '0' then redis.call('HDEL', ACCOUNTS, user) end
end
return jobs
