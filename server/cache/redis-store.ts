/**
 * Entries in the Redis that several Weirs share, in the form that they have in files. It stands in the place of memory and disk: what
 * one Weir removes is gone for all. Bounded by bytes, the least recently used go first; a value ends by itself with its time.
 */
import type { Redis } from '../redis/redis.ts'
import { toScript } from '../redis/redis.ts'
import type { Disk } from './disk.ts'
import { bytesOf, type Entry, fromFile, toFile } from './entry.ts'

export interface RedisStore extends Disk {
  totals(): Promise<{ entries: number; bytes: number }>
  /** Answers how many went. */
  empty(): Promise<number>
}

export interface RedisStoreOptions {
  redis: Redis
  maxBytes(): number
}

/** What may be on its way to Redis. */
const QUEUE_BYTES = 64 * 1024 * 1024
const DAY_MS = 86_400_000
const AT_ONCE = 1000

const PREFIX = 'weir:{cache}'
/** When each was used last, what each takes, what all take, and when somebody emptied it. */
const BOOKS = [`${PREFIX}:used`, `${PREFIX}:sizes`, `${PREFIX}:bytes`, `${PREFIX}:emptied`]
const keyOf = (key: string) => `${PREFIX}:e:${key}`

/** KEYS: the entry, then the books. ARGV: its name, its bytes, its life, now, most bytes, what it takes, when it was asked for. */
const WRITE = toScript(`
local entry, used, sizes, bytes, emptied = unpack(KEYS)
local name, life = ARGV[1], tonumber(ARGV[3])
local prefix = string.sub(entry, 1, -1 - #name)
if tonumber(redis.call('GET', emptied) or '-1') >= tonumber(ARGV[7]) then return 0 end
local function forget(each)
  local size = redis.call('HGET', sizes, each)
  redis.call('ZREM', used, each)
  redis.call('HDEL', sizes, each)
  if size then redis.call('DECRBY', bytes, size) end
  redis.call('DEL', prefix .. each)
end
forget(name)
redis.call('SET', entry, ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', used, ARGV[4], name)
redis.call('HSET', sizes, name, ARGV[6])
local total = redis.call('INCRBY', bytes, ARGV[6])
-- Values that have ended are still in the books.
for _, each in ipairs(redis.call('ZRANGE', used, 0, 9)) do
  if redis.call('EXISTS', prefix .. each) == 0 then forget(each) end
end
total = tonumber(redis.call('GET', bytes))
while total > tonumber(ARGV[5]) do
  local oldest = redis.call('ZRANGE', used, 0, 0)[1]
  if not oldest then break end
  forget(oldest)
  total = tonumber(redis.call('GET', bytes))
end
for i = 2, 4 do
  if redis.call('PTTL', KEYS[i]) < life + ${DAY_MS} then redis.call('PEXPIRE', KEYS[i], life + ${DAY_MS}) end
end
return 1
`)

/** KEYS: the books. ARGV: now, how many, what entries' names begin with. Answers how many went. */
const EMPTY = toScript(`
redis.call('SET', KEYS[4], ARGV[1], 'PX', ${DAY_MS})
local some = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[2]) - 1)
local gone = 0
for _, each in ipairs(some) do
  gone = gone + redis.call('DEL', ARGV[3] .. each)
  redis.call('ZREM', KEYS[1], each)
end
if redis.call('ZCARD', KEYS[1]) == 0 then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) end
return {gone, #some}
`)

export function createRedisStore({ redis, maxBytes }: RedisStoreOptions): RedisStore {
  let queued = 0
  let last: Promise<unknown> = Promise.resolve()

  const put = async (entry: Entry, bornAt: number, cost: number) => {
    const file = Buffer.concat(toFile(entry))
    const life = Math.ceil(entry.expiresAt - redis.now())
    if (life <= 0) return
    await redis.run(
      WRITE,
      [keyOf(entry.key), ...BOOKS],
      [entry.key, file, life, redis.now(), maxBytes(), cost, Math.round(bornAt)],
    )
  }
  const empty = async (): Promise<number> => {
    const at = redis.now()
    for (let removed = 0; ;) {
      const [gone, seen] = (await redis.run(EMPTY, BOOKS, [at, AT_ONCE, keyOf('')])) as [number, number]
      removed += gone
      if (seen < AT_ONCE) return removed
    }
  }
  return {
    mayHave: () => redis.state().up,
    async read(key) {
      const bytes = await redis.callBytes('GET', keyOf(key)).catch(() => null)
      if (bytes === null) return null
      redis.call('ZADD', BOOKS[0]!, 'XX', redis.now(), key).catch(() => {})
      return fromBytes(key, bytes)
    },
    write(entry, bornAt) {
      const cost = bytesOf(entry)
      if (cost > maxBytes() || queued + cost > QUEUE_BYTES || !redis.state().up) return
      queued += cost
      // Where it fails there is one answer less to give again.
      const done = put(entry, bornAt, cost)
        .catch(() => {})
        .finally(() => (queued -= cost))
      last = Promise.all([last, done])
    },
    remove: () => {},
    list: () => [],
    bytes: () => 0,
    clear: () => void empty().catch(() => {}),
    empty,
    async totals() {
      const [entries, bytes] = await Promise.all([redis.call('ZCARD', BOOKS[0]!), redis.call('GET', BOOKS[2]!)])
      return { entries: Number(entries), bytes: Number(bytes ?? 0) }
    },
    async settled() {
      for (let seen = null; seen !== last;) await (seen = last)
    },
  }
}

function fromBytes(key: string, bytes: Buffer): Entry | null {
  try {
    return fromFile(key, bytes)
  } catch {
    return null
  }
}
