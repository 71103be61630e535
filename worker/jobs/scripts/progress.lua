-- job token Progress-JSON channel -> 1, or 0 when the lease is lost
local record = load(ARGV[1])
if not record or record.state ~= 'running' or record.token ~= ARGV[2] then return 0 end
redis.call('HSET', PROGRESS, ARGV[1], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[3])
return 1
