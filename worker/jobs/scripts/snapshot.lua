-- now job line limit -> the job's record, the class of its line or else of `line`, now, snapshot;
-- see common.lua. What is not asked for is empty.
local record = load(ARGV[2])
if ARGV[2] ~= '' and not record then return {false} end
local now, name = clock(ARGV[1]), record and line(record) or ARGV[3]
return {
  redis.call('HGET', RECORDS, ARGV[2]), class_of(name), int(now), snapshot(now, ARGV[4], name)
}
