-- now job limit -> the job's record, its user's tier, snapshot; see common.lua
local record = load(ARGV[2])
if not record then return {false, false, false} end
return {
  redis.call('HGET', RECORDS, ARGV[2]), tier_of(record.user), snapshot(clock(ARGV[1]), ARGV[3])
}
