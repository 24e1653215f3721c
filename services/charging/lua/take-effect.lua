-- For scripts that change one thing of one account, once for its id. Put after accounts.lua and holds.lua.
--
-- ARGV 1 receipt window, ms   2 length of a receipt slice, ms   3 receipt field   4 fingerprint   5 time in the id, ms, or `-`
--      6 event as a line of an outbox entry   7 client   8 currency, or empty where any will do
-- Reply `done <result>`, `repeated <result of the first time>`, `reused <fingerprint of the first request>`, or one
--       word: why nothing was changed

local now = now_ms()
local now_text = string.format('%d', now)

-- `decide(account)` returns the result and what the outbox is to say; or why not.
local function take_effect(is_allowed_frozen, decide)
  local book = receipt_book(shard .. ':receipts', now, ARGV[1], ARGV[2])
  local found, slices, problems = find_receipts(book, {ARGV[3]}, {ARGV[5]})
  if found[1] then return answer_of(found[1], ARGV[4]) end
  if problems[1] then return problems[1] end
  local account = find_account(ARGV[7])
  if account and account.held ~= 0 then expire_due(now) end

  local refusal = refusal_of(account, ARGV[8], is_allowed_frozen)
  local result, outcome
  if not refusal then result, outcome = decide(account) end
  if outcome then
    account.has_changed = true
    result = now_text .. ' ' .. result
    add_receipt(book, slices[1], ARGV[3], ARGV[4] .. result)
  end
  write_accounts()
  write_expiries(now_text)
  if not outcome then return refusal or result end
  write_receipts(book)
  append_entry(1, now_text, outcome, ARGV[6])
  return 'done ' .. result
end
