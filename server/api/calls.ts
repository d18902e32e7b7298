/** /api/calls: the list, one call, and how many there are. Content and export have files of their own. */
import { createRoute, z } from '@hono/zod-openapi'
import { parseFilter } from '../../db/filter.ts'
import type { CallListItem } from '../../db/queries/list-calls.ts'
import type { AppDeps } from './deps.ts'
import { toListItem } from './list-item.ts'
import { matches } from './match.ts'
import { answerOwnCall, type FindCall } from './own-call.ts'
import { ApiError } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { callCount, callList, canceled, histogram } from './schema/answers.ts'
import { call } from './schema/call.ts'
import { ownCall } from './schema/own-call.ts'
import { anyTime, callId, filter, ordered, orderedMessage, recent, toRange, wholeOr } from './schema/params.ts'
import { unknownCall } from './unknown-call.ts'
import type { Unrecorded } from './unrecorded.ts'

const tags = ['Calls']

const list = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Calls, newest first, page by page',
  request: {
    query: z
      .strictObject({
        q: filter,
        ...anyTime,
        limit: wholeOr(100, 1, 500, 'Calls on a page.'),
        cursor: z.string().max(200).optional().openapi({ description: '`next` of the page before.' }),
        order: z.enum(['newest', 'oldest']).default('newest'),
      })
      .refine(ordered, orderedMessage),
  },
  responses: answers(callList, 'One page of calls.'),
})

const countRoute = createRoute({
  method: 'get',
  path: '/count',
  tags,
  summary: 'How many calls a filter finds',
  request: { query: z.strictObject({ q: filter, ...anyTime }).refine(ordered, orderedMessage) },
  responses: answers(callCount, 'The count, up to a bound.'),
})

const histogramRoute = createRoute({
  method: 'get',
  path: '/histogram',
  tags,
  summary: 'Calls and errors over time',
  request: {
    query: z
      .strictObject({ q: filter, ...recent, buckets: wholeOr(60, 1, 1000, 'How many buckets at most.') })
      .refine(ordered, orderedMessage),
  },
  responses: answers(histogram, 'Buckets in order of time.'),
})

const one = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'One call',
  description:
    'With a Weir key instead of the admin token (`x-weir-key`, or `Authorization: Bearer wk_…`): usage and cost of a call that this key made, as `OwnCall`; 404 for every other.',
  request: { params: z.object({ id: callId }) },
  responses: {
    ...answers(call, 'The call as it is stored.'),
    202: {
      description: 'The call is running, or has ended and is not stored yet: what is known so far.',
      content: { 'application/json': { schema: call } },
    },
  },
})

const cancel = createRoute({
  method: 'post',
  path: '/{id}/cancel',
  tags,
  summary: 'End a running call',
  description: "The upstream request ends at once, the client gets its dialect's error.",
  request: { params: z.object({ id: callId }) },
  responses: answers(canceled, 'It was running and is being ended.'),
})

/** A call that has just ended, before anybody looked: its row is a moment away. */
const ARRIVING_MS = 1_000
const YOUNG_MS = 60_000

/** The first 48 bits of a UUIDv7 are its time: RFC 9562 §5.7. */
const isYoung = (id: string): boolean =>
  Math.abs(Date.now() - Number.parseInt(id.replace('-', '').slice(0, 12), 16)) < YOUNG_MS

type CallDeps = Pick<AppDeps, 'ask' | 'running' | 'keys' | 'config'>

export const callRoutes = (deps: CallDeps, unrecorded: Unrecorded) => {
  const { ask, running } = deps
  const find = createFind(deps, unrecorded)
  const routes = createRoutes()
  routes.openAPIRegistry.register('OwnCall', ownCall)
  routes.use('/:id', answerOwnCall(deps, find))
  return routes
    .openapi(list, async (c) => {
      const query = c.req.valid('query')
      const page = await ask('listCalls', query, { signal: c.req.raw.signal })
      const first = query.cursor === undefined && query.order === 'newest'
      const fresh = first ? waiting(unrecorded, query, new Set(page.items.map((item) => item.id))) : []
      return c.json({ ...page, items: [...fresh, ...page.items] }, 200)
    })
    .openapi(countRoute, async (c) =>
      c.json(await ask('countCalls', c.req.valid('query'), { signal: c.req.raw.signal }), 200),
    )
    .openapi(histogramRoute, async (c) => {
      const { q, buckets, ...range } = c.req.valid('query')
      return c.json(await ask('histogram', { q, buckets, ...toRange(range) }, { signal: c.req.raw.signal }), 200)
    })
    .openapi(one, async (c) => {
      const { id } = c.req.valid('param')
      const found = await find(id, c.req.raw.signal)
      if (!found) throw unknownCall(id)
      return found.stored ? c.json(found.call, 200) : c.json(found.call, 202)
    })
    .openapi(cancel, async (c) => {
      const { id } = c.req.valid('param')
      if (running.cancel(id)) return c.json({ canceled: 1 }, 200)
      const known = unrecorded.get(id) ?? (await ask('getCall', { id }, { signal: c.req.raw.signal }))
      if (!known) throw unknownCall(id)
      throw new ApiError('not_running', `Call ${id} has ended already; it cannot be canceled.`)
    })
}

const createFind =
  ({ ask }: Pick<AppDeps, 'ask'>, unrecorded: Unrecorded): FindCall =>
  async (id, signal) => {
    const arriving = isYoung(id) ? unrecorded.stored(id, ARRIVING_MS) : null
    const stored = await ask('getCall', { id }, { signal })
    if (stored) return { call: stored, stored: true }
    const fresh = unrecorded.get(id)
    if (fresh) return { call: fresh, stored: false }
    const late = (await arriving) ? await ask('getCall', { id }, { signal }) : null
    return late && { call: late, stored: true }
  }

/** What is not stored yet and fits the filter as far as that can be judged; a stored row wins over it. */
const waiting = (
  unrecorded: Unrecorded,
  query: { q: string; from: number; to: number },
  stored: Set<string>,
): CallListItem[] => {
  const parsed = parseFilter(query.q)
  return unrecorded
    .list()
    .filter((it) => !stored.has(it.id) && it.startedAt >= query.from && it.startedAt < query.to && matches(parsed, it))
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1))
    .map(toListItem)
}
