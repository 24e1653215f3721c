-- Says of a shard that it has all accounts that were ever opened in it.
--
-- KEYS and ARGV as in restoring.lua, then ARGV 3 the time, for people who look
-- Reply 'done' or 'lost'

redis.call('DEL', steps)
redis.call('SET', shard .. ':complete', ARGV[3])
return 'done'
