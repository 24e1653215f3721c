-- Takes an amount once for an id.
--
-- KEYS 1 balance   2 receipts of the account
-- ARGV 1 id   2 amount in micro-units
-- Reply {'done' | 'repeated' | 'refused', balance}

local balance = redis.call('HGET', KEYS[2], ARGV[1])
if balance then return {'repeated', balance} end
if redis.call('DECRBY', KEYS[1], ARGV[2]) < 0 then
  redis.call('INCRBY', KEYS[1], ARGV[2])
  return {'refused', redis.call('GET', KEYS[1])}
end
balance = redis.call('GET', KEYS[1])
redis.call('HSET', KEYS[2], ARGV[1], balance)
return {'done', balance}
