-- Changes balances of one shard, each once for its id: charges, top-ups, adjustments. Decided in their order, each by itself.
--
-- KEYS 1 tag of the shard
-- ARGV 1 receipt window, ms   2 length of a receipt slice, ms   3 number of changes
--      then for each: receipt field, fingerprint, time in the id, ms, or empty, client, currency, change in micro-units,
--        signed, and its manner: `charge`; `up_to`: a charge of what is left at most; `credit`: also of a frozen account
--      then for each entry of the outbox: number of events, their lines
-- Reply a line for each:
--      `done <at> <balance>` or `repeated <at> <balance>`; of `up_to` with the amount granted behind
--      `reused <fingerprint of the first request>`
--      `expired` | `in_future` | `incomplete` | `unknown_account` | `currency_mismatch` | `account_frozen` | `account_closed` |
--        `insufficient_balance` | `balance_out_of_range`; all of these change nothing and are not remembered

local now = now_ms()
local now_text = string.format('%d', now)
local book = receipt_book(shard .. ':receipts', now, ARGV[1], ARGV[2])
local count = tonumber(ARGV[3])

local fields, times, has_holds = {}, {}, false
for position = 1, count do
  local first = 7 * position - 3
  fields[position], times[position] = ARGV[first], ARGV[first + 2]
  local account = find_account(ARGV[first + 3])
  if account and account.held ~= 0 then has_holds = true end
end
local found, slices, problems = find_receipts(book, fields, times)
if has_holds then expire_due(now) end

local written = {}

-- Returns the reply, and what the outbox is to say, or nil.
local function change_balance(position)
  local first = 7 * position - 3
  local field, fingerprint = fields[position], ARGV[first + 1]
  local receipt = found[position] or written[field]
  if receipt then return answer_of(receipt, fingerprint) end
  if problems[position] then return problems[position] end

  local account, manner = find_account(ARGV[first + 3]), ARGV[first + 6]
  local refusal = refusal_of(account, ARGV[first + 4], manner == 'credit')
  if refusal then return refusal end

  local change = amount(ARGV[first + 5])
  local granted = ''
  local balance = sum_of(account.balance, change)
  if not balance then return 'balance_out_of_range' end
  if is_negative(change) and is_negative(spendable(account, balance)) then
    local left = manner == 'up_to' and spendable(account, account.balance)
    if not left or left == 0 or is_negative(left) then return 'insufficient_balance' end
    balance, change = sum_of(account.balance, negated(left)), negated(left)
    granted = text_of(left)
  end

  account.balance, account.has_changed = balance, true
  local result = now_text .. ' ' .. text_of(balance)
  if manner == 'up_to' then result = result .. ' ' .. text_of(negated(change)) end
  written[field] = fingerprint .. result
  add_receipt(book, slices[position], field, written[field])
  return 'done ' .. result, text_of(balance) .. (granted ~= '' and ',' .. granted or '')
end

local replies, outcomes = {}, {}
for position = 1, count do
  replies[position], outcomes[position] = change_balance(position)
end

write_accounts()
write_expiries(now_text)
write_receipts(book)
local position = 0
for argument = 4 + 7 * count, #ARGV, 2 do
  local events, recorded, ofEntry = tonumber(ARGV[argument]), 0, {}
  for index = 1, events do
    local outcome = outcomes[position + index]
    if outcome then recorded = recorded + 1 end
    ofEntry[index] = outcome or '-'
  end
  if recorded > 0 then append_entry(recorded, now_text, table.concat(ofEntry, ' '), ARGV[argument + 1]) end
  position = position + events
end
return table.concat(replies, '\n')
