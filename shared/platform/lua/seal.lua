-- Seals the oldest outbox entries of a shard into an immutable batch, or returns the batch that waits
-- to be handed on. Sealed entries leave the outbox in the same step, so an event is always in exactly one place.
--
-- KEYS 1 outbox stream   2 hash of sealed batches
-- ARGV 1 id for a new batch   2 most events   3 most bytes   4 linger, ms: leave entries younger than
--        this to gather, unless the outbox already holds `most events` entries
-- Reply {batch id, events as a JSON array}, or nothing where there is nothing to hand on

local waiting = redis.call('HGETALL', KEYS[2])
if #waiting > 0 then return {waiting[1], waiting[2]} end

local max_events, max_bytes, linger = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', max_events)
if #entries == 0 then return false end

if linger > 0 and #entries < max_events then
  local time = redis.call('TIME')
  local oldest = tonumber(string.match(entries[1][1], '^(%d+)'))
  if time[1] * 1000 + math.floor(time[2] / 1000) - oldest < linger then return false end
end

local ids, parts, events, bytes = {}, {}, 0, 2
for _, entry in ipairs(entries) do
  -- An entry is written as: n <number of events> e <their JSON, separated by commas>
  local count, json = tonumber(entry[2][2]), entry[2][4]
  if #ids > 0 and (events + count > max_events or bytes + #json + 1 > max_bytes) then break end
  ids[#ids + 1], parts[#parts + 1] = entry[1], json
  events, bytes = events + count, bytes + #json + 1
end

local batch = '[' .. table.concat(parts, ',') .. ']'
redis.call('HSET', KEYS[2], ARGV[1], batch)
redis.call('XDEL', KEYS[1], unpack(ids))
return {ARGV[1], batch}
