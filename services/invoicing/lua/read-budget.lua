-- Tells how the budget stands.
--
-- KEYS, ARGV[1..5]  see budget-state.lua
-- ARGV[6]  '1' to end a block and an open breaker first, at the word of a person
--
-- Replies {now, steps, breaker, since, next, blocked, rate, places, requests under way, requests sent in the last ten seconds,
--         reason}: times in microseconds by the clock of Redis, the rate in thousandths; all as decimal strings

if ARGV[6] == '1' then
  state.blocked_us = 0
  state.failures = 0
  state.failing = 0
  redis.call('DEL', failing_invoices)
  if state.breaker ~= 'closed' then
    state.breaker = 'closed'
    state.since_us = now
    state.reason = ''
    state.probe = ''
    state.tries = 0
  end
end
write_state(state)

return {
  whole(now), whole(state.steps), state.breaker, whole(state.since_us), whole(state.next_us), whole(state.blocked_us),
  whole(state.rate), whole(math.floor(state.places)), whole(redis.call('ZCARD', under_way)),
  whole(redis.call('ZCARD', sent)), state.reason,
}
