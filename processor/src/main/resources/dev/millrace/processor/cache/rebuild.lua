-- Begins a rebuild of one sensor's hash: puts a token into it, unless it is complete. What is no hash is deleted first.
-- KEYS[1] the sensor's hash. ARGV[1] the token. Answers 1 where the hash is complete.
local key = KEYS[1]
local kind = redis.call('TYPE', key)['ok']
if kind ~= 'hash' and kind ~= 'none' then
    redis.call('DEL', key)
end
if redis.call('HEXISTS', key, '#complete') == 1 then
    redis.call('HDEL', key, '#rebuild')
    return 1
end
redis.call('HSET', key, '#rebuild', ARGV[1])
return 0
