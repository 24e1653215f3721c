-- For scripts that restore a shard step by step. Put before each.
--
-- KEYS 1 tag of the shard
-- ARGV 1 name of this restoring   2 steps that it has taken so far
--
-- The store counts the steps. Where it has another count it was lost again meanwhile, or a failover has forgotten the last
-- steps: whatever was read from the ledger may be old by now, and what was written is not all there.

local shard = KEYS[1]
local steps = shard .. ':restoring:' .. ARGV[1]
if redis.call('GET', steps) ~= ARGV[2] then return 'lost' end
redis.call('INCR', steps)
