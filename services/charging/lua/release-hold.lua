-- Gives back all that a hold still keeps.
--
-- KEYS and ARGV as in take-effect.lua, then ARGV 9 id of the hold
-- Result `<at> <balance> <held> <amount given back>`; or why not: `incomplete` | `unknown_account` |
--        `account_closed` | `unknown_hold` | `expired` | `in_future`

return take_effect(true, function(account)
  local left = find_hold(ARGV[7], ARGV[9], now)
  if not left then return 'unknown_hold' end
  account.held = sum_of(account.held, negated(left))
  account.had_holds = true
  end_hold(ARGV[7], ARGV[9])
  local state = {text_of(account.balance), text_of(account.held), text_of(left)}
  return table.concat(state, ' '), table.concat(state, ',') .. ',' .. account.currency
end)
