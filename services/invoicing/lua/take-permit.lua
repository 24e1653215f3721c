-- Gives the permit to send one request, or says why not. A sliding window: of the last `allowed` requests the first
-- has to have left it. Within it requests are spaced evenly; who was held up may catch up a little. A permit is for the
-- moment at which this will be so, if that is near: the way of another question would be lost for each request.
--
-- It is also what fences leases, whatever the clocks of their holders: there is one request about an invoice at a time, and
-- none under a lease that is older than one under which there was a request.
--
-- KEYS[1..4], ARGV[1..5]  see budget-state.lua
-- KEYS[5]  the newest lease of the invoice under which a permit was given
-- ARGV[6]  the permit, a name that no other has
-- ARGV[7]  after how many microseconds its answer will not come any more
-- ARGV[8]  the invoice
-- ARGV[9]  the version of the invoice under the lease of the caller
-- ARGV[10]  the longest that a lease is held, in milliseconds
--
-- Replies {1, wait, now, steps}: send it in so many microseconds; the time is that of Redis, in microseconds
--         {0, wait, now, steps}: no permit, and none for so many microseconds
--         {-1, wait, now, steps}: as 0, because nothing is sent at all for so long
--         {-2, '0', now, steps}: none any more, the lease is another's
--         {-3, '0', now, steps}: none as long as another request about this invoice is under way

local CATCH_UP_US = 60000
-- What is found out meanwhile, such as a 429, does not stop a request any more whose permit was given so far ahead.
local AHEAD_US = 20000
local PLACE_WAIT_US = 10000

local lease = KEYS[5]
local permit, lasts_us = ARGV[6], tonumber(ARGV[7])
local invoice, version, lease_ms = ARGV[8], tonumber(ARGV[9]), ARGV[10]

local function reply(code, wait_us)
  write_state(state)
  return { code, whole(wait_us), whole(now), whole(state.steps) }
end

if tonumber(redis.call('GET', lease) or 0) > version then return reply(-2, 0) end
if redis.call('ZSCORE', under_way, invoice) then return reply(-3, 0) end
if state.blocked_us > now then return reply(-1, state.blocked_us - now) end
local is_probe = state.breaker ~= 'closed'
if is_probe and state.next_us > now then return reply(-1, state.next_us - now) end
if redis.call('ZCARD', under_way) >= math.floor(state.places) then return reply(0, PLACE_WAIT_US) end

local first = redis.call('ZRANGE', sent, -allowed, -allowed, 'WITHSCORES')[2]
local free_us = first and tonumber(first) + window_us + margin_us(state) or now
local spaced_us = math.max(state.spaced_us, now - CATCH_UP_US)
local wait_us = math.max(free_us, spaced_us) - now
if wait_us > AHEAD_US then return reply(0, wait_us - AHEAD_US / 2) end

local at = now + math.max(wait_us, 0)
state.spaced_us = spaced_us + 1000000000 / state.rate
redis.call('ZADD', sent, whole(at), permit)
redis.call('ZADD', under_way, whole(at + lasts_us), invoice)
redis.call('SET', lease, version, 'PX', lease_ms)
if is_probe then
  state.breaker = 'probing'
  state.probe = permit
  -- Should its sender die, the next probe may go when the answer to this one will not come any more.
  state.next_us = at + lasts_us
end
return reply(1, at - now)
