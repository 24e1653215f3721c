-- Accounts, amounts and the outbox, for all scripts that change balances. Put before the script that uses them.
--
-- KEYS[1] is the tag of the shard, such as `{s017}`: all keys begin with it. A script decides first and writes last, so
-- that what fails (a full store, a replica) fails at its first write, with nothing changed.
--
-- An amount is a number where it is below 2^53, which numbers of Lua hold exactly, and else its decimal text,
-- with which Redis counts.

local EXACT = 9007199254740992
local shard = KEYS[1]

local function amount(text)
  local number = tonumber(text)
  if number > -EXACT and number < EXACT then return number end
  return text
end

local function text_of(value)
  if type(value) == 'number' then return string.format('%d', value) end
  return value
end

local function negated(value)
  if type(value) == 'number' then return -value end
  if string.sub(value, 1, 1) == '-' then return string.sub(value, 2) end
  return '-' .. value
end

local function is_negative(value)
  if type(value) == 'number' then return value < 0 end
  return string.sub(value, 1, 1) == '-'
end

-- The sum, or nil beyond 64 bits.
local function sum_of(one, other)
  if type(one) == 'number' and type(other) == 'number' then
    local sum = one + other
    if sum > -EXACT and sum < EXACT then return sum end
  end
  local scratch = shard .. ':scratch'
  redis.call('SET', scratch, text_of(one))
  local result = redis.pcall('INCRBY', scratch, text_of(other))
  local sum = redis.call('GET', scratch)
  redis.call('DEL', scratch)
  if type(result) ~= 'number' then return nil end
  return amount(sum)
end

local accounts = {}

-- The account of a client as this script has left it so far, or false.
local function find_account(client)
  local account = accounts[client]
  if account == nil then
    local key = shard .. ':account:' .. client
    local values = redis.call('HMGET', key, 'currency', 'balance', 'held', 'limit', 'status')
    account = values[1] and {
      key = key,
      currency = values[1],
      balance = amount(values[2]),
      held = amount(values[3] or '0'),
      limit = amount(values[4] or '0'),
      status = values[5] or 'open',
    }
    accounts[client] = account
  end
  return account
end

-- Why nothing may change on the account, if so. A store that has lost accounts does not know whether there is one.
local function refusal_of(account, currency, is_allowed_frozen)
  if not account then
    return redis.call('EXISTS', shard .. ':complete') == 1 and 'unknown_account' or 'incomplete'
  end
  if currency ~= '' and account.currency ~= currency then return 'currency_mismatch' end
  if account.status == 'closed' or (account.status == 'frozen' and not is_allowed_frozen) then
    return 'account_' .. account.status
  end
end

-- What can be spent: balance + credit limit − active holds. Beyond 64 bits: less than nothing, or as much as there is.
local function spendable(account, balance)
  local free = sum_of(balance, negated(account.held))
  if not free then return -1 end
  return sum_of(free, account.limit) or free
end

local later = {}

-- A write beside those of balances, made by `write_accounts`.
local function write_later(...)
  later[#later + 1] = {...}
end

local function write_accounts()
  for _, account in pairs(accounts) do
    if account and account.has_changed then
      if account.had_holds or account.held ~= 0 then
        redis.call('HSET', account.key, 'balance', text_of(account.balance), 'held', text_of(account.held))
      else
        redis.call('HSET', account.key, 'balance', text_of(account.balance))
      end
    end
  end
  for _, write in ipairs(later) do redis.call(unpack(write)) end
end

-- One entry of the outbox: how many events, what was decided of each, and their lines.
local function append_entry(count, now_text, outcomes, heads)
  redis.call('XADD', shard .. ':outbox', '*', 'n', count, 'e', now_text .. ' ' .. outcomes .. '\n' .. heads)
end
