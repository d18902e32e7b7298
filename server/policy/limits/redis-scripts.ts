/**
 * What Redis does at once, so that no other Weir is in between. Numbers pass through as they were written: Lua would turn large ones
 * into 1e+15. Times are the ledger's, lengths of life are relative.
 *
 * A counter is one key: for a calendar window a hash {u, r} (used, reserved), for a rolling one a hash with such a pair for each slot
 * ({7u, 7r, 8u …}), for calls at once a sorted set of leases (call id → end). `index` names the counters of a rule.
 */
import { toScript } from '../../redis/redis.ts'

/** Fields of one counter in the arguments of each script. */
export const STRIDE = 8

const COMMON = `
local now = tonumber(ARGV[1])
local STRIDE = ${STRIDE}

-- What counts now, its parts for whoever explains it, and whether it is new and must be given an end.
local function look(kind, key, slot, oldest)
  if kind == 'lease' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[1])
    local n = redis.call('ZCARD', key)
    return n, {tostring(n)}, true
  end
  if kind == 'calendar' then
    local pair = redis.call('HMGET', key, 'u', 'r')
    local fresh = not pair[1] and not pair[2]
    local used, reserved = pair[1] or '0', pair[2] or '0'
    return tonumber(used) + tonumber(reserved), {used, reserved}, fresh
  end
  local all = redis.call('HGETALL', key)
  local sum, parts, fresh = 0, {}, true
  for i = 1, #all, 2 do
    if all[i] == slot .. 'r' then fresh = false end
    if tonumber(string.sub(all[i], 1, -2)) <= oldest then
      redis.call('HDEL', key, all[i])
    else
      sum = sum + tonumber(all[i + 1])
      parts[#parts + 1] = all[i]
      parts[#parts + 1] = all[i + 1]
    end
  end
  return sum, parts, fresh
end

local function keep(key, index, scope, life)
  redis.call('PEXPIRE', key, life)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', ARGV[1])
  redis.call('ZADD', index, now + tonumber(life), scope)
  if redis.call('PTTL', index) < tonumber(life) then redis.call('PEXPIRE', index, life) end
end
`

/**
 * KEYS: hold, then counter and index of each limit. ARGV: now, force, hold's text, hold's life, call id, lease's length; then for each
 * limit: kind, slot, oldest slot, amount, max, blocks, life, scope. Answers {taken, number of the limit, its parts, …} for those passed.
 */
export const RESERVE = toScript(`${COMMON}
local HEAD = 6
local passed, blocked, fresh = {}, false, {}
local count = (#KEYS - 1) / 2
for i = 1, count do
  local at = HEAD + (i - 1) * STRIDE
  local kind, amount, max = ARGV[at + 1], tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local total, parts, new = look(kind, KEYS[i * 2], ARGV[at + 2], tonumber(ARGV[at + 3]))
  fresh[i] = new
  if total + amount > max then
    passed[#passed + 1] = i
    passed[#passed + 1] = parts
    if ARGV[at + 6] == '1' then blocked = true end
  end
end
if blocked and ARGV[2] == '0' then return {0, unpack(passed)} end
for i = 1, count do
  local at = HEAD + (i - 1) * STRIDE
  local kind, key = ARGV[at + 1], KEYS[i * 2]
  if kind == 'lease' then
    redis.call('ZADD', key, now + tonumber(ARGV[6]), ARGV[5])
  else
    redis.call('HINCRBY', key, ARGV[at + 2] .. 'r', ARGV[at + 4])
  end
  if fresh[i] then keep(key, KEYS[i * 2 + 1], ARGV[at + 8], ARGV[at + 7]) end
end
if ARGV[4] ~= '0' then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
return {1, unpack(passed)}
`)

/**
 * The estimate goes, what is true comes; once for each call. KEYS: hold, then counter and index of each limit. ARGV: now, the hold as
 * it was read ('' none), what stands in its place, for how long, 0; then for each: kind, slot, oldest, given back, used, there already
 * ('1': nothing may be added to a window that has gone), life, scope. Answers 0 where somebody was faster.
 */
export const SETTLE = toScript(`${COMMON}
local HEAD = 6
local hold = redis.call('GET', KEYS[1]) or ''
if hold ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
for i = 1, (#KEYS - 1) / 2 do
  local at = HEAD + (i - 1) * STRIDE
  local key, slot = KEYS[i * 2], ARGV[at + 2]
  local there = redis.call('HEXISTS', key, slot .. 'r') == 1
  if there or ARGV[at + 6] == '0' then
    if ARGV[at + 4] ~= '0' then redis.call('HINCRBY', key, slot .. 'r', ARGV[at + 4]) end
    if ARGV[at + 5] ~= '0' then redis.call('HINCRBY', key, slot .. 'u', ARGV[at + 5]) end
    if not there then keep(key, KEYS[i * 2 + 1], ARGV[at + 8], ARGV[at + 7]) end
  end
end
return 1
`)

/**
 * KEYS: counter and index of each. ARGV: now, the leases' new end, for how long the keys live; then for each counter its scope, how
 * many calls, and their ids.
 */
export const BEAT = toScript(`${COMMON}
local at = 4
for i = 1, #KEYS, 2 do
  local last = at + 1 + tonumber(ARGV[at + 1])
  for j = at + 2, last do redis.call('ZADD', KEYS[i], ARGV[2], ARGV[j]) end
  keep(KEYS[i], KEYS[i + 1], ARGV[at], ARGV[3])
  at = last + 1
end
return 1
`)
