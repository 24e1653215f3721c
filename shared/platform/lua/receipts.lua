-- Receipts, for scripts that must take effect once for an id. Put before the script that uses them.
--
-- A receipt is a field of a hash per time slice, `<prefix>:<slice>`; a slice is as long as the window
-- within which an id is remembered, so that a slice expires whole. An id that carries its time is
-- looked for in the slice of that time only, and refused once it is older than the window: it can
-- never take effect twice. Any other id is looked for in the running slice and the one before.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local FUTURE_TOLERANCE_MS = 300000

-- Returns the receipt and the slice's key to write to, or nil, nil and why the id cannot be used.
local function find_receipt(prefix, field, id_time, window, now)
  if id_time ~= '' then
    local at = tonumber(id_time)
    if at < now - window then return nil, nil, 'expired' end
    if at > now + FUTURE_TOLERANCE_MS then return nil, nil, 'in_future' end
    local slice = prefix .. ':' .. string.format('%d', math.floor(at / window))
    return redis.call('HGET', slice, field), slice
  end
  local running = math.floor(now / window)
  local slice = prefix .. ':' .. string.format('%d', running)
  local receipt = redis.call('HGET', slice, field)
  if not receipt then
    receipt = redis.call('HGET', prefix .. ':' .. string.format('%d', running - 1), field)
  end
  return receipt, slice
end

-- A slice lives until no id in it can be asked for any more.
local function write_receipt(slice, field, receipt, window)
  redis.call('HSET', slice, field, receipt)
  if redis.call('HLEN', slice) == 1 then
    local number = tonumber(string.match(slice, ':(%d+)$'))
    redis.call('PEXPIREAT', slice, string.format('%d', (number + 2) * window + FUTURE_TOLERANCE_MS))
  end
end
