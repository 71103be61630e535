-- now user who credits -> 1
local now, user, credits = clock(ARGV[1]), account_of(ARGV[2]), ARGV[4] * 1000000
local ledger = load_ledger(user)
local function shown() return string.format('%.14g', ledger.bonus / 1000000) end
local before = shown()
for _, sum in ipairs({'granted', 'available', 'bonus'}) do ledger[sum] = int(ledger[sum] + credits) end
audit(now, ARGV[3], 'bonus of ' .. user, before, shown())
save_ledger(user, ledger)
return 1
