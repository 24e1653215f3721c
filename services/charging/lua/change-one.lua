-- The way that most charges go: one change by a new id, of an open account without holds, in numbers that Lua holds
-- exactly. Put before everything else, so that nothing of what follows is even set up; whatever is not so is left to it.
--
-- KEYS, ARGV and reply as in change-balances.lua, which decides such a change in the same way

if ARGV[3] == '1' and ARGV[10] ~= 'up_to' then
  local EXACT = 4503599627370496
  local call, shard, slice_ms = redis.call, KEYS[1], tonumber(ARGV[2])
  local time = call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local oldest = now - ARGV[1]
  local at = ARGV[6] == '' and now or tonumber(ARGV[6])
  if at >= oldest and at <= now + 300000 then
    local receipts, slice, id = shard .. ':receipts:', math.floor(at / slice_ms), ARGV[4]
    local kept = call('HMGET', receipts .. slice, '#', id)
    local is_new = kept[1] and not kept[2]
    if ARGV[6] == '' then
      for older = slice - 1, math.floor(oldest / slice_ms), -1 do
        is_new = is_new and not call('HGET', receipts .. older, id)
      end
    end
    local key = shard .. ':account:' .. ARGV[7]
    local account = is_new and call('HMGET', key, 'balance', 'currency', 'held', 'limit', 'status')
    if account and account[2] == ARGV[8] and (account[3] or '0') == '0' and (account[5] or 'open') == 'open' then
      local balance, change, limit = tonumber(account[1]), tonumber(ARGV[9]), tonumber(account[4] or '0')
      if balance < EXACT and balance > -EXACT and change < EXACT and change > -EXACT and limit < EXACT then
        balance = balance + change
        if change < 0 and balance + limit < 0 then return 'insufficient_balance' end
        local left, now_text = string.format('%d', balance), string.format('%d', now)
        local result = now_text .. ' ' .. left
        call('HSET', key, 'balance', left)
        call('HSET', receipts .. slice, id, ARGV[5] .. result)
        call('XADD', shard .. ':outbox', '*', 'n', 1, 'e', result .. '\n' .. ARGV[12])
        return 'done ' .. result
      end
    end
  end
end
