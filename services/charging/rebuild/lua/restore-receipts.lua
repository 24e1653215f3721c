-- Puts back receipts of one slice; those that are there stay as they are.
--
-- KEYS and ARGV as in restoring.lua, then ARGV 3 number of the slice   4 when it expires, ms; then for each receipt: field, value
-- Reply how many were not there, or 'lost'

local key = shard .. ':receipts:' .. ARGV[3]
local restored = 0
for argument = 5, #ARGV, 2 do
  restored = restored + redis.call('HSETNX', key, ARGV[argument], ARGV[argument + 1])
end
if redis.call('HSETNX', key, '#', '') == 1 then redis.call('PEXPIREAT', key, ARGV[4]) end
return restored
