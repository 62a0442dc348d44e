-- Writes latest values of one sensor, each only if it is later than the one that stands there.
-- KEYS[1] the sensor's hash. ARGV[1] the token of a rebuild, or '' where these are not all the values; then field,
-- microseconds, JSON value …
-- Answers 1 where the hash is complete. It becomes so only if the token still stands in it: then it was not deleted since
-- before the database was read, and whatever was written to it meanwhile is in it too.
-- Microseconds are exact in a Lua number until the year 2255.
-- A call takes its arguments from Lua's stack, which ends at some 8,000; hence so many values at a time.
local VALUES = 1000
local key = KEYS[1]
local marks
local first = 2
repeat
    local last = math.min(first + 3 * VALUES, #ARGV + 1) - 1
    -- the marks with the values: a call costs more than a field
    local fields = {'#complete', '#rebuild'}
    for i = first, last, 3 do
        fields[#fields + 1] = ARGV[i]
    end
    local stored = redis.call('HMGET', key, unpack(fields))
    marks = marks or stored
    local changed = {}
    for n = 3, #fields do
        local micros = ARGV[first + 3 * n - 8]
        local old = stored[n]
        if not old or tonumber(micros) > tonumber(string.match(old, '^%-?%d+')) then
            changed[#changed + 1] = fields[n]
            changed[#changed + 1] = micros .. ' ' .. ARGV[first + 3 * n - 7]
        end
    end
    if #changed > 0 then
        redis.call('HSET', key, unpack(changed))
    end
    first = last + 1
until first > #ARGV
if marks[1] then
    return 1
end
-- after all the values: what a script has written stays when it fails later
if ARGV[1] ~= '' and marks[2] == ARGV[1] then
    redis.call('HSET', key, '#complete', '1')
    redis.call('HDEL', key, '#rebuild')
    return 1
end
return 0
