-- now worker who -> 1; 0 when it was told already; or nothing when it is not alive
local now, worker = clock(ARGV[1]), ARGV[2]
local alive = redis.call('ZSCORE', ALIVE, worker)
if not alive or tonumber(alive) <= now then return false end
if redis.call('SADD', DRAINING, worker) == 0 then return 0 end
audit(now, ARGV[3], 'worker ' .. worker, '', 'leaving')
return 1
