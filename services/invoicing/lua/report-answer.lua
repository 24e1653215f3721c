-- Gives back the place of a request and learns from its answer.
--
-- The rate goes by additive increase and multiplicative decrease (Chiu and Jain, "Analysis of the Increase and Decrease
-- Algorithms for Congestion Avoidance in Computer Networks", 1989). So do the places, which also go by latency: they
-- shrink when it is far above what it usually is, as TCP Vegas does (Brakmo and Peterson, 1995).
--
-- KEYS, ARGV[1..5]  see budget-state.lua
-- ARGV[6]  the permit
-- ARGV[7]  'answered', 'failed', 'denied', 'throttled', or 'unused' where no request was sent
-- ARGV[8]  for how many microseconds the API asked to be left alone; 0 if it did not
-- ARGV[9]  from the request to its answer, in microseconds
-- ARGV[10]  the invoice
-- ARGV[11] what the API said or did not say
-- ARGV[12] by how many microseconds the request left later than at the moment of its permit; '' where that says nothing
--
-- Replies 'opened', 'open', 'closed' or '': what became of the breaker by this

local LOWEST_PART = 1 / 20
local AFTER_THROTTLED, AFTER_FAILURE, AFTER_SLOWNESS = 0.7, 0.95, 0.9
local SECONDS_TO_RECOVER, SECONDS_TO_RECOVER_SLOWLY = 10, 200
local MIN_EXTRA_US, MAX_EXTRA_US = 20000, 250000
-- With each request a hundredth of how late the latest was is forgotten.
local FORGOTTEN, MAX_LATE_US = 0.01, 100000

-- Single failures are part of life: from this share on they are taken for overload.
local FAILING = 0.15
local FAILURE_WEIGHT = 0.05

local LATENCY_WEIGHT, USUAL_WEIGHT = 0.1, 0.01
local SLOW, SLOW_US = 2, 20000

-- The breaker opens after so many failures in a row of so many invoices, or when most calls of late have failed.
local FAILURES, INVOICES, MOST = 10, 3, 0.6
-- Failures further apart have nothing to do with each other.
local APART_US = 60000000
local FIRST_PROBE_US, LAST_PROBE_US = 5000000, 60000000

local permit, outcome = ARGV[6], ARGV[7]
local retry_after_us, latency_us, invoice, words = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10], ARGV[11]
local is_probe = state.breaker == 'probing' and state.probe == permit
local event = ''

local function slower(factor)
  state.rate = math.max(allowed * 1000 * LOWEST_PART, state.rate * factor)
  state.answered_us = now
end

-- Once for what was under way together: it is one overload.
local function fewer_places()
  if now - state.shrunk_us < math.max(state.latency_us, 100000) then return end
  state.places = math.max(1, state.places * AFTER_SLOWNESS)
  state.shrunk_us = now
end

local function block()
  state.blocked_us = math.max(state.blocked_us, now + retry_after_us)
end

local function change_breaker(to, why)
  state.breaker = to
  state.since_us = now
  state.reason = why
  state.probe = ''
  state.tries = 0
end

local function open_until_next_try()
  local wait_us = math.min(FIRST_PROBE_US * 2 ^ state.tries, LAST_PROBE_US)
  state.next_us = now + math.max(wait_us, retry_after_us)
end

redis.call('ZREM', under_way, invoice)
local late_us = tonumber(ARGV[12])
if late_us then
  late_us = math.min(late_us, MAX_LATE_US)
  state.late_us = math.max(late_us, state.late_us - FORGOTTEN * (state.late_us - late_us))
end

if outcome == 'unused' then
  redis.call('ZREM', sent, permit)
  if is_probe then
    state.breaker = 'open'
    state.next_us = now
  end
elseif outcome == 'failed' or outcome == 'denied' then
  if now - state.failed_us > APART_US then
    state.failures = 0
    state.failing = 0
    redis.call('DEL', failing_invoices)
  end
  state.failures = state.failures + 1
  state.failing = state.failing + FAILURE_WEIGHT * (1 - state.failing)
  state.failed_us = now
  if retry_after_us > 0 then block() end
  if state.failing >= FAILING then
    slower(AFTER_FAILURE)
    fewer_places()
  end
  if state.breaker == 'closed' then
    redis.call('SADD', failing_invoices, invoice)
    redis.call('PEXPIRE', failing_invoices, APART_US / 1000)
    local is_down = state.failures >= FAILURES and redis.call('SCARD', failing_invoices) >= INVOICES
    if is_down or state.failing >= MOST then
      change_breaker('open', outcome .. ': ' .. words)
      open_until_next_try()
      event = 'opened'
    end
  elseif is_probe then
    state.breaker = 'open'
    state.reason = outcome .. ': ' .. words
    state.tries = state.tries + 1
    open_until_next_try()
    event = 'open'
  end
else
  -- Whoever says that it is too much is there.
  if state.failures > 0 then redis.call('DEL', failing_invoices) end
  state.failures = 0
  state.failing = state.failing * (1 - FAILURE_WEIGHT)
  if is_probe then
    change_breaker('closed', '')
    state.failing = 0
    state.rate = math.min(state.rate, allowed * 1000 / 2)
    state.places = math.min(state.places, math.max(1, most_places / 2))
    state.answered_us = now
    event = 'closed'
  end
  if outcome == 'throttled' then
    -- Requests that were sent before it first said so are part of the same overload: they do not count again.
    if now - latency_us > state.throttled_us then
      state.throttled_us = now
      state.slow_from = state.rate
      slower(AFTER_THROTTLED)
      widen(state, math.min(2 * extra_us(state) + MIN_EXTRA_US, MAX_EXTRA_US))
    end
    block()
  else
    local seconds = math.min(math.max(now - state.answered_us, 0) / 1000000, 1)
    local is_near = state.slow_from > 0 and state.rate >= 0.95 * state.slow_from
    local recovery = is_near and SECONDS_TO_RECOVER_SLOWLY or SECONDS_TO_RECOVER
    state.rate = math.min(allowed * 1000, state.rate + allowed * 1000 * seconds / recovery)
    state.answered_us = now

    state.answers = math.min(state.answers + 1, 1 / USUAL_WEIGHT)
    local function towards(average, weight)
      return average + math.max(weight, 1 / state.answers) * (latency_us - average)
    end
    state.latency_us = towards(state.latency_us, LATENCY_WEIGHT)
    state.usual_us = towards(state.usual_us, USUAL_WEIGHT)
    if state.latency_us > SLOW * state.usual_us + SLOW_US then
      fewer_places()
    else
      state.places = math.min(most_places, state.places + 1 / state.places)
    end
  end
end

write_state(state)
return event
