-- Records usage events of one shard, each once for its id, as one outbox entry.
--
-- KEYS 1 outbox stream   2 prefix of the receipt slices
-- ARGV 1 receipt window, ms   2 length of a receipt slice, ms; then for each event: receipt field, fingerprint, event JSON without its end
-- Reply for each event 'recorded' | 'repeated' | 'reused'; only 'recorded' changes anything
--
-- A time in the id is not looked at: usage may come late, and an id must not make it too late.

local now, window, slice_ms = now_ms(), tonumber(ARGV[1]), tonumber(ARGV[2])
local recorded_at = ',"recordedAtMs":' .. string.format('%d', now) .. '}'
local replies, parts = {}, {}

for i = 3, #ARGV, 3 do
  local field, fingerprint, head = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local receipt, slice = find_receipt(KEYS[2], field, '', window, slice_ms, now)
  if receipt then
    replies[#replies + 1] = receipt == fingerprint and 'repeated' or 'reused'
  else
    write_receipt(slice, field, fingerprint, window, slice_ms)
    parts[#parts + 1] = head .. recorded_at
    replies[#replies + 1] = 'recorded'
  end
end

if #parts > 0 then
  redis.call('XADD', KEYS[1], '*', 'n', #parts, 'e', table.concat(parts, ','))
end
return replies
