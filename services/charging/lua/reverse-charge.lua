-- Gives back a charge or a capture, or part of it; all reversals of one together never more than was charged.
--
-- KEYS and ARGV as in take-effect.lua, then ARGV 9 amount in micro-units, or empty for all that is left   10 amount
--        charged   11 what is reversed: `<kind> <id>`
-- Result `<at> <balance> <amount given back> <reversed so far, with this>`; or why not: `incomplete` | `unknown_account` |
--        `currency_mismatch` | `account_closed` | `over_reversed` | `balance_out_of_range` | `expired` | `in_future`
--
-- `<shard>:reversed` keeps what was given back of each, for good.

return take_effect(true, function(account)
  local field = ARGV[7] .. ' ' .. ARGV[11]
  local before = amount(redis.call('HGET', shard .. ':reversed', field) or '0')
  local left = sum_of(amount(ARGV[10]), negated(before))
  local given = ARGV[9] == '' and left or amount(ARGV[9])
  if left == 0 or is_negative(left) or is_negative(sum_of(left, negated(given))) then return 'over_reversed' end
  local balance = sum_of(account.balance, given)
  if not balance then return 'balance_out_of_range' end
  account.balance = balance
  local reversed = text_of(sum_of(before, given))
  write_later('HSET', shard .. ':reversed', field, reversed)
  local state = {text_of(balance), text_of(given), reversed}
  return table.concat(state, ' '), table.concat(state, ',')
end)
