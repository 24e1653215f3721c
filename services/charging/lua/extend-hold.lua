-- Lets a hold last longer, from now on; never shorter than it would have.
--
-- KEYS and ARGV as in take-effect.lua, then ARGV 9 id of the hold   10 lifetime from now, ms
-- Result `<at> <balance> <held> <expires at>`; or why not: `incomplete` | `unknown_account` |
--        `account_frozen` | `account_closed` | `unknown_hold` | `expired` | `in_future`

return take_effect(false, function(account)
  local left, expires = find_hold(ARGV[7], ARGV[9], now)
  if not left then return 'unknown_hold' end
  expires = string.format('%d', math.max(tonumber(expires), now + ARGV[10]))
  account.had_holds = true
  keep_hold(ARGV[7], ARGV[9], text_of(left), expires)
  local state = {text_of(account.balance), text_of(account.held), expires}
  return table.concat(state, ' '), table.concat(state, ',') .. ',' .. account.currency
end)
