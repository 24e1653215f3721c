-- Seals the oldest outbox entries of a shard into an immutable batch, or returns the batch that waits
-- to be handed on. Sealed entries leave the outbox in the same step, so an event is always in exactly one place.
--
-- KEYS 1 outbox stream   2 hash of sealed batches
-- ARGV 1 id for a new batch   2 most events   3 most bytes   4 bytes that each event counts for beside its own
--      5 linger, ms: leave entries younger than this to gather, unless the outbox already holds `most events` entries
-- Reply {batch id, entries joined by line feeds}, or nothing where there is nothing to hand on

local waiting = redis.call('HGETALL', KEYS[2])
if #waiting > 0 then return {waiting[1], waiting[2]} end

local max_events, max_bytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local bytes_per_event, linger = tonumber(ARGV[4]), tonumber(ARGV[5])
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not oldest then return false end

if linger > 0 and redis.call('XLEN', KEYS[1]) < max_events then
  local time = redis.call('TIME')
  local recorded = tonumber(string.match(oldest[1], '^(%d+)'))
  if time[1] * 1000 + math.floor(time[2] / 1000) - recorded < linger then return false end
end

-- Pages that grow: an entry may hold one event or hundreds, and what is read and not used is read again.
local ids, parts, events, bytes, page, from = {}, {}, 0, 0, 16, '-'
while from do
  local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', page)
  from = #entries == page and '(' .. entries[page][1] or nil
  page = math.min(2 * page, 256)
  for _, entry in ipairs(entries) do
    -- An entry is written as: n <number of events> e <the entry>
    local count, text = tonumber(entry[2][2]), entry[2][4]
    local size = #text + 1 + count * bytes_per_event
    if #ids > 0 and (events + count > max_events or bytes + size > max_bytes) then
      from = nil
      break
    end
    ids[#ids + 1], parts[#parts + 1] = entry[1], text
    events, bytes = events + count, bytes + size
  end
end

-- Deleted first: a full store refuses a script whose first write needs memory, and could then never be emptied.
local batch = table.concat(parts, '\n')
redis.call('XDEL', KEYS[1], unpack(ids))
redis.call('HSET', KEYS[2], ARGV[1], batch)
return {ARGV[1], batch}
