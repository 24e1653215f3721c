-- What the scripts of the sending budget share: its state and its clock. Stands before each of them. All times are in
-- microseconds by the clock of Redis.
--
-- KEYS[1]  the budget, a hash:
--            clock_us                the last time that a script has seen
--            steps                   how often the clock has been found to have jumped
--            rate                    requests per second that are given out, in thousandths
--            slow_from               the rate at which a 429 came: from a little below it the rate rises slowly (0: none)
--            answered_us             when the rate last rose or fell
--            extra_us                what is added to the window, since a 429 came although the window was kept
--            extra_at_us             when it was added; half of it is left after half a minute
--            late_us                 how late requests leave: the latest of late
--            spaced_us               when the next request is due by even spacing
--            blocked_us              nothing is sent before
--            throttled_us            when a 429 last lowered the rate
--            places                  how many requests may be under way
--            shrunk_us               when places were last taken away
--            latency_us, usual_us    of answers: of late, and in general
--            answers                 how many of them these are made of, as far as it matters
--            failing                 share of failures among the last answers, between 0 and 1
--            failures, failed_us     failures in a row, and when the last of them came
--            breaker                 'closed', 'open' or 'probing'
--            since_us, reason        since when, and what the invoice API said or did not say
--            next_us                 no request before, unless closed
--            tries                   probes that have failed
--            probe                   the permit of the probe under way
-- KEYS[2]  sent: permits of the last ten seconds, by the time at which their requests were sent
-- KEYS[3]  under way: invoices about which a request is under way, by the time at which its answer will not come any more
-- KEYS[4]  the invoices that the failures in a row are about
--
-- ARGV[1]  requests per second that the invoice API allows
-- ARGV[2]  the window in which no more than so many are sent, in microseconds: a second and what requests may bunch up by
-- ARGV[3]  most requests under way
-- ARGV[4]  what the caller takes the time to be by the last reply, or '' where it cannot tell
-- ARGV[5]  the steps of that reply

local STEP_US = 1000000
local TIMES = { 'answered_us', 'extra_at_us', 'spaced_us', 'blocked_us', 'throttled_us', 'shrunk_us', 'failed_us', 'since_us', 'next_us' }

local budget, sent, under_way, failing_invoices = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local allowed, window_us, most_places = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local function whole(number) return string.format('%.0f', number) end

local function read_state()
  local fields = redis.call('HGETALL', budget)
  local state = { breaker = 'closed', reason = '', probe = '' }
  for index = 1, #fields, 2 do state[fields[index]] = fields[index + 1] end
  for _, name in ipairs({ 'clock_us', 'steps', 'extra_us', 'late_us', 'slow_from', 'latency_us', 'usual_us', 'answers', 'failing', 'failures',
    'tries', unpack(TIMES) }) do
    state[name] = tonumber(state[name] or 0)
  end
  state.rate = math.min(tonumber(state.rate or allowed * 1000), allowed * 1000)
  state.places = math.min(tonumber(state.places or most_places), most_places)
  return state
end

local function extra_us(state)
  return state.extra_us * 0.5 ^ ((now - state.extra_at_us) / 30000000)
end

-- What is added to the window. What is held up here may be held up on its way as well, where it cannot be measured; the
-- guard has room for so much of it.
local ROOM_US = 8000

local function margin_us(state)
  return math.max(extra_us(state), state.late_us - ROOM_US)
end

local function widen(state, by_us)
  state.extra_us = math.max(extra_us(state), by_us)
  state.extra_at_us = now
end

local function write_state(state)
  local fields = {}
  for name, value in pairs(state) do
    table.insert(fields, name)
    table.insert(fields, type(value) == 'number' and string.format('%.6f', value) or value)
  end
  redis.call('HSET', budget, unpack(fields))
end

-- Moves what was sent up to a time by as much as the clock has jumped, so that the last second stays the last second.
local function move_sent(up_to_us, by_us)
  local entries = redis.call('ZRANGE', sent, '-inf', whole(up_to_us), 'BYSCORE', 'WITHSCORES')
  for index = 1, #entries, 2 do
    redis.call('ZADD', sent, whole(tonumber(entries[index + 1]) + by_us), entries[index])
  end
end

-- So that a block stays as long as it was.
local function move_times(state, by_us)
  for _, name in ipairs(TIMES) do
    if state[name] > 0 then state[name] = state[name] + by_us end
  end
  local entries = redis.call('ZRANGE', under_way, 0, -1, 'WITHSCORES')
  for index = 1, #entries, 2 do
    redis.call('ZADD', under_way, whole(tonumber(entries[index + 1]) + by_us), entries[index])
  end
end

local state = read_state()
local expected = tonumber(ARGV[4])

if state.clock_us == 0 then
  -- A store that has been lost, or is new: what was sent in the last second is not known.
  state.blocked_us = now + window_us
elseif now < state.clock_us - STEP_US then
  move_sent(state.clock_us + STEP_US, now - state.clock_us)
  move_times(state, now - state.clock_us)
  state.steps = state.steps + 1
elseif expected and tonumber(ARGV[5]) == state.steps and now - expected > STEP_US then
  move_sent(expected + STEP_US, now - expected)
  -- Otherwise someone who could not know has been here since: what is set may be by the new time.
  if state.clock_us <= expected + STEP_US then move_times(state, now - expected) end
  state.steps = state.steps + 1
end
state.clock_us = now
redis.call('ZREMRANGEBYSCORE', sent, '-inf', whole(now - 10000000))
redis.call('ZREMRANGEBYSCORE', under_way, '-inf', whole(now))
