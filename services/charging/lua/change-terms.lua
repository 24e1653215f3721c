-- Changes the status and the credit limit of an account.
--
-- KEYS 1 tag of the shard
-- ARGV 1 client   2 status, or empty to leave it   3 credit limit in micro-units, or empty to leave it   4 event as a line
--        of an outbox entry
-- Reply `done` | `same`, the latter where nothing had to change; or why not: `incomplete` | `unknown_account` |
--       `account_has_holds` (to close it) | `balance_out_of_range` (more than the limit is used already)

local now = now_ms()
local now_text = string.format('%d', now)
local account = find_account(ARGV[1])
if not account then return refusal_of(account) end
if account.held ~= 0 then expire_due(now) end

local function change_terms()
  local status = ARGV[2] ~= '' and ARGV[2] or account.status
  local limit = ARGV[3] ~= '' and amount(ARGV[3]) or account.limit
  if status == account.status and limit == account.limit then return 'same' end
  if status == 'closed' and account.held ~= 0 then return 'account_has_holds' end
  account.limit = limit
  if is_negative(spendable(account, account.balance)) then return 'balance_out_of_range' end
  write_later('HSET', account.key, 'status', status, 'limit', text_of(limit))
  return 'done', text_of(account.balance) .. ',' .. status .. ',' .. text_of(limit) .. ',' .. account.currency
end

local reply, outcome = change_terms()
write_accounts()
write_expiries(now_text)
if outcome then append_entry(1, now_text, outcome, ARGV[4]) end
return reply
