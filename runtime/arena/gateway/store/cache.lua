-- Kept replies: one hash for each URI, and together no more bytes than there is room for.
--
-- KEYS[1]  the hash: `n:<way>` the headers that tell the variants of a way apart, `e:<way>:…` the variants, `f` when the URI
--          was forgotten (seconds)
-- KEYS[2]  a sorted set: of each hash, when the last of its variants is of no more use (milliseconds)
-- KEYS[3]  a hash: of each hash, the bytes of its variants; `*` is the sum
-- ARGV[1]  what to do:
--   put     ARGV[2] way, [3] names, [4] field, [5] variant, [6] when it was asked for (seconds), [7] use in milliseconds, [8] room
--   drop    ARGV[2] field
--   forget  ARGV[2] the time (seconds)
-- Returns the sum, and how many hashes went for want of room. What is soonest of no more use goes first.

local FORGOTTEN = 60000 -- milliseconds that the memory of a forgotten URI lasts: longer than a request that was under way

local key, ends, sizes = KEYS[1], KEYS[2], KEYS[3]

local function grow(hash, bytes)
  redis.call('HINCRBY', sizes, hash, bytes)
  redis.call('HINCRBY', sizes, '*', bytes)
end

local function remove(hash)
  local size = tonumber(redis.call('HGET', sizes, hash) or 0)
  redis.call('HINCRBY', sizes, '*', -size)
  redis.call('HDEL', sizes, hash)
  redis.call('ZREM', ends, hash)
  redis.call('DEL', hash)
end

local function drop(field)
  local size = redis.call('HSTRLEN', key, field)
  if size > 0 then
    redis.call('HDEL', key, field)
    grow(key, -size)
  end
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local evicted = 0

for _, hash in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 100)) do
  remove(hash)
end

if ARGV[1] == 'drop' then
  drop(ARGV[2])
elseif ARGV[1] == 'forget' then
  remove(key)
  redis.call('HSET', key, 'f', ARGV[2])
  redis.call('PEXPIRE', key, FORGOTTEN)
else
  local way, names, field, variant = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
  local forgotten = tonumber(redis.call('HGET', key, 'f') or 0)
  if tonumber(ARGV[6]) > forgotten then
    if redis.call('HGET', key, 'n:' .. way) ~= names then
      local start = 'e:' .. way .. ':'
      for _, other in ipairs(redis.call('HKEYS', key)) do
        if string.sub(other, 1, #start) == start then
          drop(other)
        end
      end
    end
    drop(field)
    redis.call('HSET', key, 'n:' .. way, names, field, variant)
    grow(key, #variant)
    local last = math.max(now + tonumber(ARGV[7]), tonumber(redis.call('ZSCORE', ends, key) or 0))
    redis.call('ZADD', ends, last, key)
    redis.call('PEXPIREAT', key, last)
    while tonumber(redis.call('HGET', sizes, '*') or 0) > tonumber(ARGV[8]) do
      local first = redis.call('ZRANGE', ends, 0, 0)[1]
      if not first then
        break
      end
      remove(first)
      evicted = evicted + 1
    end
  end
end

return {tonumber(redis.call('HGET', sizes, '*') or 0), evicted}
