-- now user tier who -> 1, or 0 when there is no such tier
local user, tier = ARGV[2], ARGV[3]
if redis.call('HEXISTS', RULES, 'running|' .. tier) == 0 then return 0 end
local now = clock(ARGV[1])
local terms = terms_of(user)
audit(now, ARGV[4], 'tier of ' .. user, terms.tier or 'free', tier)
terms.tier = tier
redis.call('HSET', PEOPLE, user, cjson.encode(terms))
note_terms(line_of(user, true), terms, now)
if redis.call('HEXISTS', USERS, user) == 0 then return 1 end
local share = load_user(user)
share.terms = terms
if share.tier == tier then return 1 end
local jobs = share.waiting + share.running
if jobs > 0 then
  rouse(tier, user, {tier = tier, finish = '0', waiting = share.waiting, running = share.running})
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, -jobs)
  redis.call('HINCRBY', CLASSES, 'n|' .. tier, jobs)
else
  redis.call('ZREM', SPENT, in_spent(user, share))
end
for i, member in ipairs(share.tagged) do
  withdraw(share, member)
  local job = string.match(member, '^[^|]*|[^|]*|%d+|%d+|([^|]*)|')
  local record = load(job)
  record.tag, record.tier = carried(record.tag, record.tier, tier), tier
  save(job, record)
  share.tagged[i] = in_ready(job, record)
  stand(share, share.tagged[i])
end
local ahead = share.finish - virtual(share.tier)
share.finish, share.tier = int(virtual(tier) + math.max(0, ahead)), tier
arrange(user, share, now)
save_user(user, share)
return 1
