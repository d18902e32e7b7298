/** /api/cache: what the cache holds and what it has saved since Weir started; and the way to empty it. */
import { createRoute } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { answers, createRoutes } from './routes.ts'
import { cacheCleared, cacheStatus } from './schema/cache.ts'

const statusRoute = createRoute({
  method: 'get',
  path: '/',
  tags: ['Cache'],
  summary: 'What the cache holds, and what it has saved',
  responses: answers(cacheStatus, 'Now; counters since Weir started.'),
})

const clearRoute = createRoute({
  method: 'delete',
  path: '/',
  tags: ['Cache'],
  summary: 'Empty the cache',
  description: 'Memory and disk. Answers that are on their way just now are not kept either.',
  responses: answers(cacheCleared, 'It is empty.'),
})

export const cacheRoutes = ({ cache, config }: Pick<AppDeps, 'cache' | 'config'>) =>
  createRoutes()
    .openapi(statusRoute, async (c) => c.json({ mode: config().cache.mode, ...(await cache.stats()) }, 200))
    .openapi(clearRoute, async (c) => c.json({ removed: await cache.clear() }, 200))
