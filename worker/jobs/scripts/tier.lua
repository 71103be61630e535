-- now user tier who -> 1, or 0 when there is no such tier
local user, tier = account_of(ARGV[2]), ARGV[3]
if redis.call('HEXISTS', RULES, 'running|' .. tier) == 0 then return 0 end
local now = clock(ARGV[1])
local terms = terms_of(user)
audit(now, ARGV[4], 'tier of ' .. user, terms.tier or 'free', tier)
terms.tier = tier
save_terms(user, terms)
move(user, terms, tier, now)
return 1
