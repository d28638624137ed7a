-- All limits that stand at one place of a route's chain, decided and counted in one step.
--
-- KEYS[i]          what limit i knows of the caller
-- KEYS[n+i]        of n limits, where the store is crowded: what callers share whom limit i does not know yet
-- ARGV[1]          seconds now, or '' for the clock of this server: then all gateways count by one clock, whatever theirs say
-- ARGV[4i-2..4i+1] of limit i: algorithm, quota, window in seconds, 1 if it is enforced
-- Returns for each limit three numbers: microseconds to wait (0: it has room), requests left, microseconds until the quota
-- begins anew. When a limit that is enforced has no room, none is charged.
--
-- The theory of each algorithm stands in arena/policy/limit/<algorithm>.py; both are held to tests/contract/test_limit.py.

local GRACE = 5 -- seconds that a state is kept beyond its use
local ROUNDING = 0.000001

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function lasting(seconds)
  return math.ceil((seconds + GRACE) * 1000)
end

local token_bucket = {}

function token_bucket.ask(key, quota, window)
  local tat = tonumber(redis.call('GET', key) or now)
  return tat - now - window / quota * (quota - 1), tat
end

function token_bucket.take(key, quota, window, tat)
  local period = window / quota
  tat = math.max(tat, now) + period
  local filled = tat - now
  redis.call('SET', key, string.format('%.17g', tat), 'PX', lasting(filled))
  return (period * (quota - 1) - filled) / period + 1, filled
end

local fixed_window = {}

function fixed_window.ask(key, quota, window)
  local number, count = math.floor(now / window), 0
  local kept, counted = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  if tonumber(kept) == number then
    count = tonumber(counted)
  end
  local wait = 0
  if count >= quota then
    wait = math.max(2 * ROUNDING, (number + 1) * window - now)
  end
  return wait, { number, count }
end

function fixed_window.take(key, quota, window, state)
  local number, count = state[1], state[2] + 1
  local rest = (number + 1) * window - now
  redis.call('SET', key, string.format('%.0f %d', number, count), 'PX', lasting(rest))
  return quota - count, rest
end

local sliding_counter = {}

function sliding_counter.ask(key, quota, window)
  local number, count, before = math.floor(now / window), 0, 0
  local kept, counted, earlier = string.match(redis.call('GET', key) or '', '^(%d+) (%d+) (%d+)$')
  if tonumber(kept) == number then
    count, before = tonumber(counted), tonumber(earlier)
  elseif tonumber(kept) == number - 1 then
    before = tonumber(counted)
  end
  local begun, wait = number * window, 0
  if count >= quota then
    wait = math.max(2 * ROUNDING, begun + window - now)
  elseif before * (1 - (now - begun) / window) > quota - count + ROUNDING then
    wait = math.max(2 * ROUNDING, begun + window * (1 - (quota - count) / before) - now)
  end
  return wait, { number, count, before }
end

function sliding_counter.take(key, quota, window, state)
  local number, count, before = state[1], state[2] + 1, state[3]
  local rest = (number + 1) * window - now
  redis.call('SET', key, string.format('%.0f %d %d', number, count, before), 'PX', lasting(rest + window))
  return math.min(quota - count, quota + 1 - count - before * rest / window), rest
end

local sliding_log = {}

function sliding_log.ask(key, quota, window)
  local wait = 0
  if redis.call('LLEN', key) >= quota then
    wait = tonumber(redis.call('LINDEX', key, -quota)) + window - now
  end
  return wait
end

function sliding_log.take(key, quota, window)
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(oldest) <= now - window + ROUNDING do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
  local count = redis.call('RPUSH', key, string.format('%.17g', now))
  redis.call('PEXPIRE', key, lasting(window))
  return quota - count, tonumber(oldest or now) + window - now
end

local ALGORITHMS = {
  token_bucket = token_bucket,
  fixed_window = fixed_window,
  sliding_counter = sliding_counter,
  sliding_log = sliding_log,
}

local limits, refused = {}, false
local count = (#ARGV - 1) / 4
for i = 1, count do
  local key, shared, at = KEYS[i], KEYS[count + i], 4 * i - 2
  if shared and redis.call('EXISTS', key) == 0 then
    key = shared
  end
  local limit = { key = key, algorithm = ALGORITHMS[ARGV[at]], quota = tonumber(ARGV[at + 1]), window = tonumber(ARGV[at + 2]) }
  limit.wait, limit.state = limit.algorithm.ask(key, limit.quota, limit.window)
  if limit.wait > ROUNDING then
    refused = refused or ARGV[at + 3] == '1'
  else
    limit.wait = 0
  end
  limits[i] = limit
end

local answer = {}
for _, limit in ipairs(limits) do
  local left, reset = 0, limit.wait
  if limit.wait == 0 and not refused then
    left, reset = limit.algorithm.take(limit.key, limit.quota, limit.window, limit.state)
  end
  table.insert(answer, math.ceil(limit.wait * 1000000))
  table.insert(answer, math.max(0, math.floor(left + ROUNDING)))
  table.insert(answer, math.ceil(reset * 1000000))
end
return answer
