/** /api/me: what a key is, may and has used, for whoever holds it. The key itself is the login, even when its budget is spent. */
import { createRoute } from '@hono/zod-openapi'
import type { IncomingMessage } from 'node:http'
import type { AppDeps } from './deps.ts'
import { toKeyItems } from './key-items.ts'
import { ApiError } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { holder } from './schema/me.ts'
import { openShownKey } from './shown-key.ts'

const DAYS = 30
const DAY = 86_400_000

const me = createRoute({
  method: 'get',
  path: '/me',
  tags: ['Keys'],
  summary: 'The key that this request shows: its rights, limits and use',
  description: 'Show the key as `Authorization: Bearer wk_…` or in `x-weir-key`.',
  responses: answers(holder, 'Also when its budget is spent.'),
})

export const meRoutes = (deps: Pick<AppDeps, 'keys' | 'ask' | 'budgetsFor' | 'config'>) =>
  createRoutes().openapi(me, async (c) => {
    const { incoming } = c.env
    const key = openShownKey(deps, incoming, secretOf(incoming))
    const since = (Math.floor(Date.now() / DAY) - DAYS + 1) * DAY
    const [[item], usage] = await Promise.all([
      toKeyItems(deps, [key]),
      deps.ask('keyDays', { key: key.name, since }, { signal: c.req.raw.signal }),
    ])
    return c.json({ key: item!, limits: await deps.budgetsFor(key), usage }, 200)
  })

function secretOf({ headers }: IncomingMessage): string {
  const own = headers['x-weir-key']
  if (typeof own === 'string') return own
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer
  throw new ApiError('key_invalid', 'This request shows no Weir key.', {
    help: 'Send `Authorization: Bearer wk_…` or `x-weir-key: wk_…`.',
    headers: { 'www-authenticate': 'Bearer realm="weir"' },
  })
}
