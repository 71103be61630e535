-- now user who what shown {field value}... -> 1, or 0 when `shown` is empty before and after. An
-- empty value is as if never set.
local now, user, shown = clock(ARGV[1]), account_of(ARGV[2]), ARGV[5]
local terms = terms_of(user)
local before = terms[shown]
for i = 6, #ARGV, 2 do terms[ARGV[i]] = ARGV[i + 1] ~= '' and ARGV[i + 1] or nil end
if not (before or terms[shown]) then return 0 end
audit(now, ARGV[3], ARGV[4] .. ' of ' .. user, before or '', terms[shown] or '')
save_terms(user, terms)
note_terms(user, terms, now)
note_terms(line_of(user, true), terms, now)
return 1
