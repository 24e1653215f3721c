-- Holds, and giving back what expired ones keep. Put after accounts.lua and before a script that asks what can be spent.
--
-- An active hold is a field of `<shard>:holds:<client>`: `<micro-units left> <expires at, ms>`, and a member
-- `<client> <hold>` of the sorted set `<shard>:expiries`. It is in both or in neither.

-- More than are ever due at once in a shard whose relay runs, so that no charge is refused for want of what is due.
local MAX_EXPIRIES = 1000
-- Of the longest names, so many stay below what an entry may hold.
local MAX_EXPIRIES_OF_ENTRY = 100

local function keep_hold(client, hold, left, expires)
  write_later('HSET', shard .. ':holds:' .. client, hold, left .. ' ' .. expires)
  write_later('ZADD', shard .. ':expiries', expires, client .. ' ' .. hold)
end

local function end_hold(client, hold)
  write_later('HDEL', shard .. ':holds:' .. client, hold)
  write_later('ZREM', shard .. ':expiries', client .. ' ' .. hold)
end

-- What a hold still keeps, and when it expires.
local function read_hold(client, hold)
  local kept = redis.call('HGET', shard .. ':holds:' .. client, hold)
  if not kept then return nil end
  local left, expires = string.match(kept, '^(%S+) (%S+)$')
  return amount(left), expires
end

-- The same of an active hold; nil of one that is due, even where its turn to be given back has not come.
local function find_hold(client, hold, now)
  local left, expires = read_hold(client, hold)
  if left and tonumber(expires) > now then return left, expires end
end

local expiries = {outcomes = {}, heads = {}, members = {}}

-- Notes that a hold gives back what it keeps, once; written by `write_expiries`.
local function expire_hold(client, hold, left, expires)
  local member = client .. ' ' .. hold
  if expiries.members[member] then return end
  expiries.members[member] = true
  local account = find_account(client)
  account.held = sum_of(account.held, negated(left))
  account.has_changed, account.had_holds = true, true
  end_hold(client, hold)
  local position = #expiries.heads + 1
  expiries.outcomes[position] = text_of(account.balance) .. ',' .. text_of(account.held)
  expiries.heads[position] = '{"kind":"expiry","id":' .. cjson.encode(hold) .. ',"client":' .. cjson.encode(client)
    .. ',"currency":"' .. account.currency .. '","amountMicros":"' .. text_of(left) .. '","occurredAtMs":'
    .. string.format('%d', expires) .. ',"holdId":' .. cjson.encode(hold) .. '}'
end

-- Expires what is due in this shard, the oldest first and a bounded number. Returns how many.
local function expire_due(now)
  local due = redis.call('ZRANGEBYSCORE', shard .. ':expiries', '-inf', string.format('%d', now), 'WITHSCORES', 'LIMIT', 0, MAX_EXPIRIES)
  for index = 1, #due, 2 do
    local client, hold = string.match(due[index], '^(%S+) (%S+)$')
    expire_hold(client, hold, read_hold(client, hold), due[index + 1])
  end
  return #due / 2
end

local function write_expiries(now_text)
  for first = 1, #expiries.heads, MAX_EXPIRIES_OF_ENTRY do
    local last = math.min(first + MAX_EXPIRIES_OF_ENTRY - 1, #expiries.heads)
    append_entry(last - first + 1, now_text, table.concat(expiries.outcomes, ' ', first, last),
      table.concat(expiries.heads, '\n', first, last))
  end
end
