-- now job user limit -> the job's record, the tier of its user or else of `user`, snapshot; see
-- common.lua. What is not asked for is empty.
local record = load(ARGV[2])
if ARGV[2] ~= '' and not record then return {false, false, false} end
local user = record and record.user or ARGV[3]
return {
  redis.call('HGET', RECORDS, ARGV[2]), tier_of(user), snapshot(clock(ARGV[1]), ARGV[4], ARGV[3])
}
