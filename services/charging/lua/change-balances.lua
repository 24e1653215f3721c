-- Changes balances of one shard, each once for its id: charges, top-ups, adjustments. Decided in their order, each by itself.
--
-- KEYS 1 tag of the shard
-- ARGV 1 receipt window, ms   2 length of a receipt slice, ms   3 number of changes
--      4 a line for each: `<receipt field> <fingerprint> <time in the id, ms, or -> <client> <currency> <change in
--        micro-units, signed> <manner>`, the manner being `charge`; `up_to`: a charge of what is left at most; or
--        `credit`: also of a frozen account. One argument, because the store pays for each
--      then for each entry of the outbox: number of events, their lines
-- Reply a line for each:
--      `done <at> <balance>` or `repeated <at> <balance>`; of `up_to` with the amount granted behind
--      `reused <fingerprint of the first request>`
--      `expired` | `in_future` | `incomplete` | `unknown_account` | `currency_mismatch` | `account_frozen` | `account_closed` |
--        `insufficient_balance` | `balance_out_of_range`; all of these change nothing and are not remembered

local now = now_ms()
local now_text = string.format('%d', now)
local book = receipt_book(shard .. ':receipts', now, ARGV[1], ARGV[2])

local fields, fingerprints, times, clients, currencies, changes, manners = {}, {}, {}, {}, {}, {}, {}
local position, has_holds = 0, false
for field, fingerprint, time, client, currency, change, manner in
  string.gmatch(ARGV[4], '(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)')
do
  position = position + 1
  fields[position], fingerprints[position], times[position] = field, fingerprint, time
  clients[position], currencies[position] = client, currency
  changes[position], manners[position] = change, manner
  local account = find_account(client)
  if account and account.held ~= 0 then has_holds = true end
end
local found, slices, problems = find_receipts(book, fields, times)
if has_holds then expire_due(now) end

local written = {}

-- Returns the reply, and what the outbox is to say, or nil.
local function change_balance(position)
  local field, fingerprint = fields[position], fingerprints[position]
  local receipt = found[position] or written[field]
  if receipt then return answer_of(receipt, fingerprint) end
  if problems[position] then return problems[position] end

  local account, manner = find_account(clients[position]), manners[position]
  local refusal = refusal_of(account, currencies[position], manner == 'credit')
  if refusal then return refusal end

  local change = amount(changes[position])
  local granted = ''
  local balance = sum_of(account.balance, change)
  if not balance then return 'balance_out_of_range' end
  if is_negative(change) and is_negative(spendable(account, balance)) then
    local left = manner == 'up_to' and spendable(account, account.balance)
    if not left or left == 0 or is_negative(left) then return 'insufficient_balance' end
    balance, change = sum_of(account.balance, negated(left)), negated(left)
    granted = ',' .. text_of(left)
  end

  account.balance, account.has_changed = balance, true
  local balance_text = text_of(balance)
  local result = now_text .. ' ' .. balance_text
  if manner == 'up_to' then result = result .. ' ' .. text_of(negated(change)) end
  written[field] = fingerprint .. result
  add_receipt(book, slices[position], field, written[field])
  return 'done ' .. result, balance_text .. granted
end

local replies, outcomes = {}, {}
for each = 1, position do
  replies[each], outcomes[each] = change_balance(each)
end

write_accounts()
write_expiries(now_text)
write_receipts(book)
position = 0
for argument = 5, #ARGV, 2 do
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
