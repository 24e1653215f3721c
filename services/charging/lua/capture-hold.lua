-- Takes what a hold keeps back, or part of it. The last capture gives the rest back.
--
-- KEYS and ARGV as in take-effect.lua, then ARGV 9 id of the hold   10 amount in micro-units   11 `up_to`, to take
--        what is left where it is less   12 `final`, to give the rest back
-- Result `<at> <balance> <held> <amount taken> <left in the hold>`; or why not: `incomplete` | `unknown_account` |
--        `currency_mismatch` | `account_closed` | `unknown_hold` | `insufficient_hold` | `expired` | `in_future`

return take_effect(true, function(account)
  local left, expires = find_hold(ARGV[7], ARGV[9], now)
  if not left then return 'unknown_hold' end
  local taken = amount(ARGV[10])
  local rest = sum_of(left, negated(taken))
  if is_negative(rest) then
    if ARGV[11] ~= 'up_to' then return 'insufficient_hold' end
    taken, rest = left, 0
  end
  local released = 0
  if ARGV[12] == 'final' then released, rest = rest, 0 end
  account.balance = sum_of(account.balance, negated(taken))
  account.held = sum_of(sum_of(account.held, negated(taken)), negated(released))
  account.had_holds = true
  if rest == 0 then
    end_hold(ARGV[7], ARGV[9])
  else
    keep_hold(ARGV[7], ARGV[9], text_of(rest), expires)
  end
  local state = {text_of(account.balance), text_of(account.held), text_of(taken)}
  return table.concat(state, ' ') .. ' ' .. text_of(rest), table.concat(state, ',') .. ',' .. text_of(released)
end)
