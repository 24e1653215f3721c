-- Receipts, for scripts that must take effect once for an id. Put before the script that uses them.
--
-- A receipt is a field of a hash per time slice, `<prefix>:<slice>`, so that receipts expire in bulk. The
-- length of a slice is fixed for ever, for another length would look in other slices; the window may change.
-- An id that carries its time is looked for in the slice of that time only, and refused once it is older than
-- the window: it can never take effect twice. Any other id is looked for in every slice that the window touches.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local FUTURE_TOLERANCE_MS = 300000

local function slice_key(prefix, number)
  return prefix .. ':' .. string.format('%d', number)
end

-- Returns the receipt and the slice's key to write to, or nil, nil and why the id cannot be used.
local function find_receipt(prefix, field, id_time, window, slice_ms, now)
  if id_time ~= '' then
    local at = tonumber(id_time)
    if at < now - window then return nil, nil, 'expired' end
    if at > now + FUTURE_TOLERANCE_MS then return nil, nil, 'in_future' end
    local slice = slice_key(prefix, math.floor(at / slice_ms))
    return redis.call('HGET', slice, field), slice
  end
  local running = math.floor(now / slice_ms)
  for number = running, math.floor((now - window) / slice_ms), -1 do
    local receipt = redis.call('HGET', slice_key(prefix, number), field)
    if receipt then return receipt, slice_key(prefix, running) end
  end
  return nil, slice_key(prefix, running)
end

-- A slice lives until no id in it can be asked for any more.
local function write_receipt(slice, field, receipt, window, slice_ms)
  redis.call('HSET', slice, field, receipt)
  if redis.call('HLEN', slice) == 1 then
    local number = tonumber(string.match(slice, ':(%d+)$'))
    local last = (number + 1) * slice_ms + window + FUTURE_TOLERANCE_MS
    redis.call('PEXPIREAT', slice, string.format('%d', last))
  end
end
