-- Bookings of amounts, with all limits that stand at one place of a route's chain, in one step; and their settlement.
--
-- KEYS[i]  what limit i knows of the caller
-- KEYS[n+i]  of n limits, where the store is crowded: what callers share whom limit i does not know yet
-- ARGV[1]  seconds now, or '' for the clock of this server
-- ARGV[2]  cost: what is booked, or was
-- ARGV[3]  '' to book; to settle, what was used
-- ARGV[4]  to settle, when it was booked, as this script said
-- ARGV[4i+1..4i+4] of limit i: algorithm, quota, window in seconds, 1 if it is enforced
-- Booking returns for each limit three numbers, microseconds to wait (0: it has room; -1: it never will), what is left,
-- microseconds until the quota begins anew; and at last the time in microseconds. When one that is enforced has no room, nothing is
-- booked. The theory stands in arena/policy/limit/booking.py; both are held to tests/contract/test_tokens.py.

local GRACE = 5 -- seconds that a state is kept beyond its use
local ROUNDING = 0.000001

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local cost, used, at = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function lasting(seconds)
  return math.ceil((seconds + GRACE) * 1000)
end

local token_bucket = {}

function token_bucket.read(key)
  return math.max(tonumber(redis.call('GET', key) or now), now)
end

function token_bucket.write(key, tat)
  redis.call('SET', key, string.format('%.17g', tat), 'PX', lasting(tat - now))
end

function token_bucket.ask(key, quota, window)
  return token_bucket.read(key) + window / quota * (cost - 1) - now - window / quota * (quota - 1)
end

function token_bucket.take(key, quota, window)
  local period = window / quota
  local tat = token_bucket.read(key) + period * cost
  token_bucket.write(key, tat)
  return (period * (quota - 1) - tat + now) / period + 1, tat - now
end

function token_bucket.settle(key, quota, window)
  local period, tat, more = window / quota, token_bucket.read(key), used - cost
  if more > 0 then
    tat = math.min(tat + more * period, now + window)
  else
    local kept = math.max(0, cost - (now - at) / period)
    tat = math.max(now, tat - math.min(-more, kept) * period)
  end
  token_bucket.write(key, tat)
end

local fixed_window = {}

function fixed_window.read(key, window)
  local kept, counted = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  return tonumber(kept) == math.floor(now / window) and tonumber(counted) or 0
end

function fixed_window.write(key, window, count)
  local number = math.floor(now / window)
  local rest = (number + 1) * window - now
  redis.call('SET', key, string.format('%.0f %.0f', number, count), 'PX', lasting(rest))
  return rest
end

function fixed_window.ask(key, quota, window)
  if fixed_window.read(key, window) + cost <= quota then
    return 0
  end
  return math.max(2 * ROUNDING, (math.floor(now / window) + 1) * window - now)
end

function fixed_window.take(key, quota, window)
  local count = fixed_window.read(key, window) + cost
  return quota - count, fixed_window.write(key, window, count)
end

function fixed_window.settle(key, quota, window)
  if used > cost or math.floor(at / window) == math.floor(now / window) then
    fixed_window.write(key, window, math.max(0, fixed_window.read(key, window) + used - cost))
  end
end

local ALGORITHMS = { token_bucket = token_bucket, fixed_window = fixed_window }

local limits, refused = {}, false
local count = (#ARGV - 4) / 4
for i = 1, count do
  local key, shared, from = KEYS[i], KEYS[count + i], 4 * i + 1
  if shared and redis.call('EXISTS', key) == 0 then
    key = shared
  end
  local limit = {
    key = key,
    algorithm = ALGORITHMS[ARGV[from]],
    quota = tonumber(ARGV[from + 1]),
    window = tonumber(ARGV[from + 2]),
  }
  if used then
    limit.algorithm.settle(key, limit.quota, limit.window)
  else
    limit.wait = cost > limit.quota and -1 or limit.algorithm.ask(key, limit.quota, limit.window)
    if limit.wait > ROUNDING or limit.wait == -1 then
      refused = refused or ARGV[from + 3] == '1'
    else
      limit.wait = 0
    end
    limits[i] = limit
  end
end

local answer = {}
for _, limit in ipairs(limits) do
  local left, reset = 0, math.max(0, limit.wait)
  if limit.wait == 0 and not refused then
    left, reset = limit.algorithm.take(limit.key, limit.quota, limit.window)
  end
  table.insert(answer, limit.wait == -1 and -1 or math.ceil(limit.wait * 1000000))
  table.insert(answer, math.max(0, math.floor(left + ROUNDING)))
  table.insert(answer, math.ceil(reset * 1000000))
end
table.insert(answer, math.floor(now * 1000000))
return answer
