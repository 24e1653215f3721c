-- The way that most charges go: one change by a new id, of an open account without holds, in numbers that Lua holds
-- exactly. Put before everything else, so that nothing of what follows is even set up; whatever is not so is left to it.
--
-- KEYS, ARGV and reply as in change-balances.lua, which decides such a change in the same way

if ARGV[3] == '1' then
  local EXACT = 4503599627370496
  -- As in receipts.lua, which comes later: an id may be so far ahead, as clocks differ.
  local FUTURE_TOLERANCE_MS = 300000
  local call, shard = redis.call, KEYS[1]
  local id, fingerprint, id_time, client, currency, change, manner =
    string.match(ARGV[4], '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  local time = call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local oldest, at = now - ARGV[1], tonumber(id_time) or now
  if manner ~= 'up_to' and at >= oldest and at <= now + FUTURE_TOLERANCE_MS then
    local slice = math.floor(at / ARGV[2])
    local receipts = shard .. ':receipts:' .. slice
    local kept = call('HMGET', receipts, '#', id)
    local is_new = kept[1] and not kept[2]
    if id_time == '-' then
      for older = slice - 1, math.floor(oldest / ARGV[2]), -1 do
        is_new = is_new and not call('HGET', shard .. ':receipts:' .. older, id)
      end
    end
    local key = shard .. ':account:' .. client
    local account = is_new and call('HMGET', key, 'balance', 'currency', 'held', 'limit', 'status')
    if account and account[2] == currency and (account[3] or '0') == '0' and (account[5] or 'open') == 'open' then
      local balance, amount, limit = tonumber(account[1]), tonumber(change), tonumber(account[4] or '0')
      if balance < EXACT and balance > -EXACT and amount < EXACT and amount > -EXACT and limit < EXACT then
        balance = balance + amount
        if amount < 0 and balance + limit < 0 then return 'insufficient_balance' end
        local left = string.format('%d', balance)
        local result = string.format('%d ', now) .. left
        call('HSET', key, 'balance', left)
        call('HSET', receipts, id, fingerprint .. result)
        call('XADD', shard .. ':outbox', '*', 'n', 1, 'e', result .. '\n' .. ARGV[6])
        return 'done ' .. result
      end
    end
  end
end
