-- now job limit -> the job's record, snapshot; see common.lua
return {redis.call('HGET', RECORDS, ARGV[2]), snapshot(clock(ARGV[1]), ARGV[3])}
