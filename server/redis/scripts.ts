/**
 * What must happen as one step in Redis. Time comes from Redis' own clock, so that processes whose clocks differ agree.
 */

/** KEYS: counter. ARGV: by, ttl ms. The first addition starts the ttl. */
export const INCREMENT = `
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value`;

/** KEYS: stream. ARGV: max entries, ttl s, field, value, ... */
export const APPEND_STREAM = `
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '=', ARGV[1], '*', unpack(ARGV, 3))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return id`;

const NOW_MS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * KEYS: bucket. ARGV: size, window ms, cost. Kept is what is owed, in cost times window, and when: whole numbers, so
 * that nothing is lost by rounding. Each millisecond pays `size` of it. Returns whether it was taken, and what is owed.
 */
export const DRAW = `${NOW_MS}
local size, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local owed = 0
local before, at = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+):(%d+)$')
if before then owed = math.max(0, before - math.max(0, now - at) * size) end
if owed + cost * window > size * window then return {0, owed} end
owed = owed + cost * window
if cost > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f:%.0f', owed, now), 'PX', string.format('%.0f', math.ceil(owed / size)))
end
return {1, owed}`;

/** KEYS: count. ARGV: by, max, ttl ms, and what the count is if nobody knows, or nothing. */
export const RESERVE = `
local by = tonumber(ARGV[1])
local used = redis.call('GET', KEYS[1])
if not used then
  if ARGV[4] == '' then return false end
  used = ARGV[4]
  redis.call('SET', KEYS[1], used, 'PX', ARGV[3])
end
if by > 0 and used + by > tonumber(ARGV[2]) then return {0, tonumber(used)} end
return {1, redis.call('INCRBY', KEYS[1], by)}`;

/** KEYS: ids by expiry, data by id. ARGV: id, data, ttl ms. Both keys go when their last member would. */
export const BEAT = `${NOW_MS}
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for i = 1, 2 do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
end`;

/** KEYS: ids by expiry, data by id. ARGV: id. */
export const LEAVE = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])`;

/** KEYS: ids by expiry, data by id. Clears who is gone; returns id, expiry, data of each who is present. */
export const LIST_PRESENT = `${NOW_MS}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
local present = {}
local members = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  local data = redis.call('HGET', KEYS[2], members[i])
  if data then
    present[#present + 1] = members[i]
    present[#present + 1] = members[i + 1]
    present[#present + 1] = data
  end
end
return present`;

/**
 * KEYS: lock, last token. ARGV: owner, ttl ms. The token is the microsecond of Redis' clock, or one more than the last
 * if that is higher. So it grows also after FLUSHALL or a failover that lost the last token; only a clock that was set
 * back right then could repeat one. The last token outlives the lock by a day for just that case.
 */
export const ACQUIRE_LOCK = `
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local time = redis.call('TIME')
local token = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if token <= last then token = last + 1 end
local text = string.format('%.0f', token)
redis.call('SET', KEYS[2], text, 'PX', ARGV[2] + 86400000)
redis.call('SET', KEYS[1], text .. ':' .. ARGV[1], 'PX', ARGV[2])
return text`;

/** KEYS: lock. ARGV: token:owner, ttl ms. */
export const RENEW_LOCK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: lock. ARGV: token:owner. */
export const RELEASE_LOCK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
