-- Gives back what expired holds of a shard keep, a bounded number of them.
--
-- KEYS 1 tag of the shard
-- Reply how many

local now = now_ms()
local count = expire_due(now)
write_accounts()
write_expiries(string.format('%d', now))
return count
