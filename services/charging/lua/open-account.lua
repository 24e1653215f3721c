-- Opens an account once.
--
-- KEYS 1 tag of the shard
-- ARGV 1 client   2 currency   3 opening balance in micro-units   4 event as a line of an outbox entry
-- Reply {'opened' | 'exists' | 'differs', balance}; `exists` where it was opened on the same terms. {'incomplete'} where the
--       store has lost accounts

local key = shard .. ':account:' .. ARGV[1]
local account = redis.call('HMGET', key, 'currency', 'opening', 'balance')
if account[1] then
  local same = account[1] == ARGV[2] and account[2] == ARGV[3]
  return {same and 'exists' or 'differs', account[3]}
end
if redis.call('EXISTS', shard .. ':complete') == 0 then return {'incomplete'} end

redis.call('HSET', key, 'currency', ARGV[2], 'opening', ARGV[3], 'balance', ARGV[3])
append_entry(1, string.format('%d', now_ms()), ARGV[3], ARGV[4])
return {'opened', ARGV[3]}
