-- Opens an account once.
--
-- KEYS 1 account hash   2 outbox stream
-- ARGV 1 currency   2 opening balance in micro-units   3 event JSON without its end
-- Reply {'opened' | 'exists' | 'differs', balance}; `exists` where it was opened on the same terms

local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local account = redis.call('HMGET', KEYS[1], 'currency', 'opening', 'balance')
if account[1] then
  local same = account[1] == ARGV[1] and account[2] == ARGV[2]
  return {same and 'exists' or 'differs', account[3]}
end

redis.call('HSET', KEYS[1], 'currency', ARGV[1], 'opening', ARGV[2], 'balance', ARGV[2])
redis.call('XADD', KEYS[2], '*', 'n', 1, 'e',
  ARGV[3] .. ',"recordedAtMs":' .. now .. ',"balanceMicros":"' .. ARGV[2] .. '"}')
return {'opened', ARGV[2]}
