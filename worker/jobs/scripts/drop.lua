-- now job who -> 1; 0 when it is no dead letter; or nothing when there is no such job
if not load(ARGV[2]) then return false end
if redis.call('ZREM', DEAD, ARGV[2]) == 0 then return 0 end
audit(clock(ARGV[1]), ARGV[3], 'dead letter ' .. ARGV[2], 'failed', 'dropped')
return 1
