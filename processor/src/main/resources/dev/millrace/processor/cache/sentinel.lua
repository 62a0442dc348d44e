-- Looks at one sentinel and changes what it says.
-- KEYS[1] the sentinel, a hash. ARGV field, run, expected, replacement …: a field is replaced where it says what is expected
-- and the server is that run, or where '*' is expected; '?' is for fields that are only looked at. The run is added to each
-- replacement.
-- Answers the run, then for each field what stood there, '' for nothing.
local key = KEYS[1]
-- INFO is not deterministic; before Redis 7 a script must say so before it may write
if redis.replicate_commands then
    redis.replicate_commands()
end
-- a user may lack the right to it; then a fail-over shows only by what it lost
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
run = string.sub(run, 1, 12)
local kind = redis.call('TYPE', key)['ok']
if kind ~= 'hash' and kind ~= 'none' then
    redis.call('DEL', key)
end
local answer = {run}
for i = 1, #ARGV, 4 do
    local stored = redis.call('HGET', key, ARGV[i]) or ''
    answer[#answer + 1] = stored
    local replacement = ARGV[i + 3] .. ' ' .. run
    if stored ~= replacement and (ARGV[i + 2] == '*' or (run == ARGV[i + 1] and stored == ARGV[i + 2])) then
        redis.call('HSET', key, ARGV[i], replacement)
    end
end
return answer
