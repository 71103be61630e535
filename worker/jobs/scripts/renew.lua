-- now job token lease -> 1, or 0 when the lease is lost
local record = load(ARGV[2])
if not record or record.state ~= 'running' or record.token ~= ARGV[3] then return 0 end
redis.call('ZADD', LEASES, int(clock(ARGV[1]) + ARGV[4]), in_leases(ARGV[2], record))
return 1
