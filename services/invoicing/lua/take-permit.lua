-- Gives out the next slot of the sending budget: one request per interval, never two at once (GCRA, burst 1).
-- Unused time is not saved up.
--
-- KEYS[1]  the budget: hash of slot_us (end of the last slot given out), rate (thousandths of a request per
--          second), blocked_us (no slot before), changed_us (last change of the rate)
-- ARGV[1]  highest rate, in thousandths of a request per second
-- ARGV[2]  how far ahead a slot may lie, in milliseconds; negative to ask without taking one
--
-- Replies {1, wait}: a slot is taken, wait so many milliseconds (a decimal string) and send one request
--         {0, wait}: no slot is taken; none is to be had for so many milliseconds
--         {-1, wait}: as 0, because the invoice API asked to be left alone for so long

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local state = redis.call('HMGET', KEYS[1], 'slot_us', 'rate', 'blocked_us')
local max_rate = tonumber(ARGV[1])
local ahead = tonumber(ARGV[2]) * 1000
local rate = math.min(tonumber(state[2] or max_rate), max_rate)
local blocked = tonumber(state[3] or 0)

if blocked > now then
  return { -1, string.format('%.3f', (blocked - now) / 1000) }
end

local slot = math.max(now, tonumber(state[1] or 0))
-- Slots are never given out so far ahead: the clock has been set back, as by a failover.
if slot - now > 60000000 then slot = now end
local wait = slot - now
if wait > ahead then
  return { 0, string.format('%.3f', math.max(wait - math.max(ahead, 0), 0) / 1000) }
end

local next_slot = slot + math.ceil(1000000000 / rate)
redis.call('HSET', KEYS[1], 'slot_us', string.format('%.0f', next_slot))
-- A budget that nobody uses goes, and starts again at the highest rate.
redis.call('PEXPIRE', KEYS[1], math.ceil((next_slot - now) / 1000) + 3600000)
return { 1, string.format('%.3f', wait / 1000) }
