-- The claim of an idempotency key, with its lease.
--
-- KEYS[1]  the record; its first letter says whether it is under way
-- KEYS[2]  the lease of who carries it out, which is there as long as they live
-- ARGV[1]  the record of one under way
-- ARGV[2]  milliseconds that it lasts
-- ARGV[3]  milliseconds that the lease lasts
-- ARGV[4]  1: one under way that nobody holds a lease of may be claimed anew
-- ARGV[5]  1: nothing new is taken
-- Returns 1 when it is claimed, 0 when there is no room; else the record that is there, and whether somebody holds its lease.

local found = redis.call('GET', KEYS[1])
local held = redis.call('EXISTS', KEYS[2])
local lapsed = found and held == 0 and ARGV[4] == '1' and string.sub(found, 1, 1) == string.sub(ARGV[1], 1, 1)

if found and not lapsed then
  return { found, held }
end
if ARGV[5] == '1' then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], '', 'PX', ARGV[3])
return 1
