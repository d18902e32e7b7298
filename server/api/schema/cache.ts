/** What the API says of the cache. */
import { z } from '@hono/zod-openapi'

const count = z.number().int()

export const cacheStatus = z
  .object({
    mode: z.enum(['off', 'opt-in', 'on']),
    entries: count.describe('Answers that can be given again; one in memory and on disk counts once.'),
    bytes: count.describe('In memory, and on disk or in the shared Redis.'),
    maxBytes: count.describe('cache.maxBytes and cache.diskBytes, or cache.redisBytes where a Redis is shared.'),
    hits: count.describe('Since Weir started, like all below.'),
    misses: count,
    savedNano: count.describe('Nano-dollars that hits would have cost, as far as known.'),
    savedMs: z.number().describe('Milliseconds that the calls before them had taken.'),
    savedTokens: count,
    semantic: z
      .object({ entries: count.describe('Questions that others may be alike to.'), hits: count })
      .nullable()
      .describe('Of the hits above, those by likeness; null: cache.semantic is off.'),
  })
  .openapi('CacheStatus')

export const cacheCleared = z.object({ removed: count.describe('Answers that went.') }).openapi('CacheCleared')
