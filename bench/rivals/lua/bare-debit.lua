-- The least that a debit can be: no account to check, no receipt, no event, no answer to a second try.
--
-- KEYS 1 balance   ARGV 1 amount in micro-units   Reply the balance after it, or -1

if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return -1 end
return redis.call('DECRBY', KEYS[1], ARGV[1])
