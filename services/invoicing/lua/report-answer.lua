-- Adapts the sending budget to one answer of the invoice API: the rate falls by a factor when it is
-- overloaded, and rises by the same amount per second while it answers.
--
-- KEYS[1]  the budget, see take-permit.lua
-- ARGV[1]  highest rate, in thousandths of a request per second
-- ARGV[2]  lowest rate, likewise
-- ARGV[3]  'answered', 'failed' or 'throttled'
-- ARGV[4]  with 'throttled': the milliseconds for which it asked to be left alone
--
-- Replies {rate, blocked}: the rate in thousandths of a request per second from now on, and for how many
--         milliseconds nothing may be sent (a decimal string)

local FACTOR = { failed = 0.95, throttled = 0.7 }
local SECONDS_TO_RECOVER = 10

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local state = redis.call('HMGET', KEYS[1], 'slot_us', 'rate', 'blocked_us', 'changed_us')
local max_rate = tonumber(ARGV[1])
local min_rate = tonumber(ARGV[2])
local outcome = ARGV[3]
local slot = tonumber(state[1] or 0)
local rate = math.min(tonumber(state[2] or max_rate), max_rate)
local blocked = tonumber(state[3] or 0)
local changed = tonumber(state[4] or now)

if outcome == 'answered' and rate >= max_rate and blocked <= now then
  return { math.floor(rate), '0' }
end

if outcome == 'answered' then
  local seconds = math.min(math.max(now - changed, 0) / 1000000, 1)
  rate = math.min(max_rate, rate + max_rate * seconds / SECONDS_TO_RECOVER)
else
  -- Requests under way when it first said so are part of the same overload: they do not count again.
  if outcome == 'failed' or blocked <= now then
    rate = math.max(min_rate, rate * FACTOR[outcome])
  end
  if outcome == 'throttled' then
    blocked = math.max(blocked, now + math.ceil(tonumber(ARGV[4]) * 1000))
    slot = math.max(slot, blocked)
  end
end

redis.call('HSET', KEYS[1],
  'slot_us', string.format('%.0f', slot),
  'rate', string.format('%.3f', rate),
  'blocked_us', string.format('%.0f', blocked),
  'changed_us', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(blocked - now, slot - now, 0) / 1000) + 3600000)
return { math.floor(rate), string.format('%.3f', math.max(blocked - now, 0) / 1000) }
