-- Records usage events of one shard, each once for its id, as one outbox entry.
--
-- KEYS 1 outbox stream   2 prefix of the receipt slices
-- ARGV 1 receipt window, ms   2 length of a receipt slice, ms; then for each event: receipt field, fingerprint, event
--        as a line of an outbox entry
-- Reply for each event 'recorded' | 'repeated' | 'reused'; only 'recorded' changes anything
--
-- A time in the id is not looked at: usage may come late, and an id must not make it too late.

local now = now_ms()
local book = receipt_book(KEYS[2], now, ARGV[1], ARGV[2])
local fields, times = {}, {}
for argument = 3, #ARGV, 3 do
  fields[#fields + 1], times[#times + 1] = ARGV[argument], '-'
end
local found, slices = find_receipts(book, fields, times)

local replies, heads, line, written = {}, {}, {string.format('%d', now)}, {}
for position, field in ipairs(fields) do
  local fingerprint, head = ARGV[3 * position + 1], ARGV[3 * position + 2]
  -- The same id may come twice in one call.
  local receipt = found[position] or written[field]
  if receipt then
    replies[position] = receipt == fingerprint and 'repeated' or 'reused'
  else
    add_receipt(book, slices[position], field, fingerprint)
    written[field] = fingerprint
    heads[#heads + 1] = head
    line[#line + 1] = '+'
    replies[position] = 'recorded'
  end
end

if #heads > 0 then
  write_receipts(book)
  redis.call('XADD', KEYS[1], '*', 'n', #heads, 'e', table.concat(line, ' ') .. '\n' .. table.concat(heads, '\n'))
end
return replies
