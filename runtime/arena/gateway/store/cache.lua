-- Kept replies: one hash for each URI, and together no more bytes than there is room for.
--
-- KEYS[1]  the hash: `n:<way>` the headers that tell the variants of a way apart, `e:<way>:…` the variants, `u` the URI as purges
--          compare it (site, path, query: a line each), `f` when the URI was forgotten (seconds). A way begins with its route.
-- KEYS[2]  a sorted set: of each hash, when the last of its variants is of no more use (milliseconds)
-- KEYS[3]  a hash: of each hash, the bytes of its variants; `*` is the sum
-- ARGV[1]  what to do:
--   put     ARGV[2] way, [3] names, [4] field, [5] variant, [6] when it was asked for (seconds), [7] use in milliseconds, [8] room,
--           [9] the URI as `u` has it
--   drop    ARGV[2] field
--   forget  ARGV[2] the time (seconds)
--   purge   ARGV[2] where to go on, '0' to begin, [3] what the route's ways begin with, '' for every route, [4] any, exact or
--           below, [5] site, '' for any, [6] path, [7] query, [8] the time (seconds); KEYS[1] is not looked at
-- Returns the sum, how many hashes went for want of room (what is soonest of no more use goes first), where a purge goes on, '0'
-- at its end, and how many variants it took.

local COST = 768 -- bytes that a variant takes besides its own, as measured; uncounted, strangers could fill the store with them
local FORGOTTEN = 60000 -- milliseconds that the memory of a forgotten URI lasts: longer than a request that was under way
local AT_ONCE = 200 -- hashes that one call of a purge looks at, so that nobody waits long

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

local function drop(hash, field)
  local size = redis.call('HSTRLEN', hash, field)
  if size > 0 then
    grow(hash, -size - COST - redis.call('HSTRLEN', hash, 'u'))
    redis.call('HDEL', hash, field)
  end
end

local function forget(hash, at)
  remove(hash)
  redis.call('HSET', hash, 'f', at)
  redis.call('PEXPIRE', hash, FORGOTTEN)
end

local function begins(text, start)
  return string.sub(text, 1, #start) == start
end

local function fits(uri)
  local site, path, query = string.match(uri, '^([^\n]*)\n([^\n]*)\n(.*)$')
  if ARGV[4] == 'any' or not site then
    return true
  elseif ARGV[5] ~= '' and ARGV[5] ~= site then
    return false
  elseif ARGV[4] == 'exact' then
    return ARGV[6] == path and ARGV[7] == query
  end
  local after = string.sub(path, #ARGV[6] + 1, #ARGV[6] + 1)
  return begins(path, ARGV[6]) and (after == '' or after == '/')
end

-- Takes the variants of the route from a hash, or all of it; returns how many went.
local function purge(hash)
  local taken, left = {}, 0
  for _, field in ipairs(redis.call('HKEYS', hash)) do
    if begins(field, 'e:' .. ARGV[3]) then
      table.insert(taken, field)
    elseif begins(field, 'e:') then
      left = left + 1
    end
  end
  if left == 0 then
    forget(hash, ARGV[8])
  elseif #taken > 0 then
    for _, field in ipairs(taken) do
      drop(hash, field)
    end
    redis.call('HSET', hash, 'f', ARGV[8])
  end
  return #taken
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local evicted, cursor, purged = 0, '0', 0

for _, hash in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 100)) do
  remove(hash)
end

if ARGV[1] == 'drop' then
  drop(key, ARGV[2])
elseif ARGV[1] == 'forget' then
  forget(key, ARGV[2])
elseif ARGV[1] == 'purge' then
  local scanned = redis.call('ZSCAN', ends, ARGV[2], 'COUNT', AT_ONCE)
  cursor = scanned[1]
  for i = 1, #scanned[2], 2 do
    local hash = scanned[2][i]
    if fits(redis.call('HGET', hash, 'u') or '') then
      purged = purged + purge(hash)
    end
  end
else
  local way, names, field, variant = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
  local forgotten = tonumber(redis.call('HGET', key, 'f') or 0)
  if tonumber(ARGV[6]) > forgotten then
    if redis.call('HGET', key, 'n:' .. way) ~= names then
      for _, other in ipairs(redis.call('HKEYS', key)) do
        if begins(other, 'e:' .. way .. ':') then
          drop(key, other)
        end
      end
    end
    drop(key, field)
    redis.call('HSET', key, 'n:' .. way, names, field, variant, 'u', ARGV[9])
    grow(key, #variant + COST + #ARGV[9])
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

return {tonumber(redis.call('HGET', sizes, '*') or 0), evicted, cursor, purged}
