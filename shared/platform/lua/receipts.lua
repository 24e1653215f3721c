-- Receipts, for scripts that must take effect once for an id. Put before the script that uses them.
--
-- A receipt is a field of a hash per time slice, `<prefix>:<slice>`, so that receipts expire in bulk. The
-- length of a slice is fixed for ever, for another length would look in other slices; the window may change.
-- An id that carries its time is looked for in the slice of that time only, and refused once it is older than
-- the window: it can never take effect twice. Any other id is looked for in every slice that the window touches.
-- The field `#` says that the slice has got its expiry.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local FUTURE_TOLERANCE_MS = 300000

-- prefix of the slices, now in ms, window and length of a slice in ms
local function receipt_book(prefix, now, window, slice_ms)
  return {prefix = prefix, now = now, window = tonumber(window), slice_ms = tonumber(slice_ms), fields = {}}
end

local function slice_key(book, number)
  return book.prefix .. ':' .. string.format('%d', number)
end

-- Looks up all ids at once: for each its field and its time, or `-`. Returns by position what was found, the slice to
-- write to, and why an id cannot be used.
local function find_receipts(book, fields, times)
  local found, slices, problems, in_slice = {}, {}, {}, {}
  local now, slice_ms = book.now, book.slice_ms
  local running, oldest = math.floor(now / slice_ms), math.floor((now - book.window) / slice_ms)
  local function look(number, position)
    local list = in_slice[number]
    if list then list[#list + 1] = position else in_slice[number] = {position} end
  end
  for position = 1, #fields do
    local time = times[position]
    if time == '-' then
      slices[position] = running
      for number = running, oldest, -1 do look(number, position) end
    else
      local at = tonumber(time)
      if at < now - book.window then
        problems[position] = 'expired'
      elseif at > now + FUTURE_TOLERANCE_MS then
        problems[position] = 'in_future'
      else
        local number = math.floor(at / slice_ms)
        slices[position] = number
        look(number, position)
      end
    end
  end
  book.has_expiry = {}
  for number, positions in pairs(in_slice) do
    local asked = {'#'}
    for index = 1, #positions do asked[index + 1] = fields[positions[index]] end
    local values = redis.call('HMGET', slice_key(book, number), unpack(asked))
    book.has_expiry[number] = values[1]
    for index = 1, #positions do
      local value = values[index + 1]
      if value then found[positions[index]] = value end
    end
  end
  return found, slices, problems
end

-- Notes a receipt; written by `write_receipts`.
local function add_receipt(book, slice, field, receipt)
  local list = book.fields[slice]
  if not list then
    list = {}
    book.fields[slice] = list
  end
  list[#list + 1] = field
  list[#list + 1] = receipt
end

-- A slice lives until no id in it can be asked for any more.
local function write_receipts(book)
  for number, list in pairs(book.fields) do
    local key = slice_key(book, number)
    if book.has_expiry[number] then
      redis.call('HSET', key, unpack(list))
    else
      redis.call('HSET', key, '#', '', unpack(list))
      local last = (number + 1) * book.slice_ms + book.window + FUTURE_TOLERANCE_MS
      redis.call('PEXPIREAT', key, string.format('%d', last))
    end
  end
end

-- What a receipt answers to a request with this fingerprint.
local function answer_of(receipt, fingerprint)
  local kept = string.sub(receipt, 1, #fingerprint)
  if kept ~= fingerprint then return 'reused ' .. kept end
  return 'repeated ' .. string.sub(receipt, #fingerprint + 1)
end
