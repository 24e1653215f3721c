-- Keeps an amount back for a while.
--
-- KEYS and ARGV as in take-effect.lua, then ARGV 9 amount in micro-units   10 lifetime, ms   11 id of the hold
-- Result `<at> <balance> <held> <expires at>`; or why not: `incomplete` | `unknown_account` | `currency_mismatch` |
--        `account_frozen` | `account_closed` | `insufficient_balance` | `hold_exists` | `expired` | `in_future`

return take_effect(false, function(account)
  if find_hold(ARGV[7], ARGV[11], now) then return 'hold_exists' end
  -- Whatever an expired one of this id still keeps must not be lost under the new one.
  local left, expired = read_hold(ARGV[7], ARGV[11])
  if left then expire_hold(ARGV[7], ARGV[11], left, expired) end
  local held = sum_of(account.held, amount(ARGV[9]))
  if not held then return 'insufficient_balance' end
  account.held, account.had_holds = held, true
  if is_negative(spendable(account, account.balance)) then
    account.held = sum_of(held, negated(amount(ARGV[9])))
    return 'insufficient_balance'
  end
  local expires = string.format('%d', now + ARGV[10])
  keep_hold(ARGV[7], ARGV[11], ARGV[9], expires)
  local state = text_of(account.balance) .. ' ' .. text_of(held)
  return state .. ' ' .. expires, string.gsub(state, ' ', ',') .. ',' .. expires
end)
