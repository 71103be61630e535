-- now job line limit -> the job's record, the class of its line or else of `line`, snapshot; see
-- common.lua. What is not asked for is empty.
local record = load(ARGV[2])
if ARGV[2] ~= '' and not record then return {false, false, false} end
local name = record and line(record) or ARGV[3]
return {
  redis.call('HGET', RECORDS, ARGV[2]), class_of(name), snapshot(clock(ARGV[1]), ARGV[4], name)
}
