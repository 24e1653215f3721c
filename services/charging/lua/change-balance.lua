-- Changes a balance once: a charge, a top-up or an adjustment.
--
-- KEYS 1 account hash   2 outbox stream   3 prefix of the receipt slices
-- ARGV 1 receipt field   2 fingerprint of the request   3 time in the id, ms, or empty
--      4 receipt window, ms   5 length of a receipt slice, ms   6 change in micro-units, signed   7 currency
--      8 event JSON without its end
-- Reply {'done' | 'repeated', balance after it, recorded at, ms}
--       {'reused', fingerprint of the first request}
--       {'expired' | 'in_future' | 'unknown_account' | 'currency_mismatch' | 'insufficient_balance' |
--        'balance_out_of_range'}; all of these change nothing and are not remembered
--
-- Amounts go to HINCRBY as they came and are read back as text, because numbers in Lua are doubles.

local now, window, slice_ms = now_ms(), tonumber(ARGV[4]), tonumber(ARGV[5])
local receipt, slice, problem = find_receipt(KEYS[3], ARGV[1], ARGV[3], window, slice_ms, now)
if problem then return {problem} end
if receipt then
  local fingerprint, balance, at = string.match(receipt, '^(%S+) (%S+) (%S+)$')
  if fingerprint ~= ARGV[2] then return {'reused', fingerprint} end
  return {'repeated', balance, at}
end

local currency = redis.call('HGET', KEYS[1], 'currency')
if not currency then return {'unknown_account'} end
if currency ~= ARGV[7] then return {'currency_mismatch'} end

local change = ARGV[6]
local after = redis.pcall('HINCRBY', KEYS[1], 'balance', change)
if type(after) == 'table' then
  -- Any other error (a replica, no memory) says nothing about the amount: the caller is to try again.
  if not string.find(after.err, 'overflow', 1, true) then return after end
  return {'balance_out_of_range'}
end
if after < 0 then
  local opposite = string.sub(change, 1, 1) == '-' and string.sub(change, 2) or '-' .. change
  redis.call('HINCRBY', KEYS[1], 'balance', opposite)
  return {'insufficient_balance'}
end

local balance = redis.call('HGET', KEYS[1], 'balance')
local at = string.format('%d', now)
write_receipt(slice, ARGV[1], ARGV[2] .. ' ' .. balance .. ' ' .. at, window, slice_ms)
redis.call('XADD', KEYS[2], '*', 'n', 1, 'e',
  ARGV[8] .. ',"recordedAtMs":' .. at .. ',"balanceMicros":"' .. balance .. '"}')
return {'done', balance, at}
