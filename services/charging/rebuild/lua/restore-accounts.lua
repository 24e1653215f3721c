-- Puts accounts back, each whole: with its holds and with what was given back of its charges. An account that is there
-- stays as it is, for it is ahead of the ledger.
--
-- KEYS and ARGV as in restoring.lua, then for each account: client, currency, opening balance, balance, held, or empty where it
--        never had holds, status and credit limit, or empty where they were never changed, number of holds, number of
--        reversed charges; for each hold its id, what is left and when it expires, ms; for each reversed charge
--        `<kind> <id>` and what was given back
-- Reply {accounts, holds} that were not there, or 'lost'

local position = 2
local function next_argument()
  position = position + 1
  return ARGV[position]
end

local accounts, holds = 0, 0
while position < #ARGV do
  local client = next_argument()
  local key = shard .. ':account:' .. client
  local is_new = redis.call('EXISTS', key) == 0
  local fields = {'currency', next_argument(), 'opening', next_argument(), 'balance', next_argument()}
  for _, name in ipairs({'held', 'status', 'limit'}) do
    local value = next_argument()
    if value ~= '' then
      fields[#fields + 1], fields[#fields + 2] = name, value
    end
  end
  local hold_count, reversed_count = tonumber(next_argument()), tonumber(next_argument())
  if is_new then
    redis.call('HSET', key, unpack(fields))
    accounts, holds = accounts + 1, holds + hold_count
  end
  for _ = 1, hold_count do
    local hold, left, expires = next_argument(), next_argument(), next_argument()
    if is_new then
      redis.call('HSET', shard .. ':holds:' .. client, hold, left .. ' ' .. expires)
      redis.call('ZADD', shard .. ':expiries', expires, client .. ' ' .. hold)
    end
  end
  for _ = 1, reversed_count do
    local charge, total = next_argument(), next_argument()
    if is_new then redis.call('HSET', shard .. ':reversed', client .. ' ' .. charge, total) end
  end
end
return {accounts, holds}
