-- Writes something, so that a WAIT right behind it on the same connection covers all that was written before.
--
-- KEYS 1 hash of sealed batches   2 the batch that replicas were last waited for with
-- ARGV 1 batch id
-- Reply 1, or 0 with nothing written where the batch is not sealed (any more)

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
-- Deleted first: see seal.lua.
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[2], ARGV[1])
return 1
