/** Figures over many calls: overview, series, top, suggestions. All are answered from rollups in a reader thread. */
import { createRoute, z } from '@hono/zod-openapi'
import { fieldOf } from '../../db/filter.ts'
import type { AppDeps } from './deps.ts'
import { answers, createRoutes } from './routes.ts'
import { found, overview, series, suggestions, top } from './schema/answers.ts'
import {
  dimension,
  filter,
  foreignId,
  ordered,
  orderedMessage,
  recent,
  toRange,
  whole,
  wholeOr,
  zone,
} from './schema/params.ts'

const MINUTE = 60_000
const YEAR = 366 * 86_400_000

/** What adds up, and so can be shared out. */
const quantity = z.enum(['cost', 'calls', 'errors', 'tokens'])
const metric = z.enum([...quantity.options, 'latency', 'ttft'])

const overviewRoute = createRoute({
  method: 'get',
  path: '/overview',
  tags: ['Figures'],
  summary: 'Totals of a range, and of the range of the same length before',
  request: { query: z.strictObject({ q: filter, ...recent }).refine(ordered, orderedMessage) },
  responses: answers(overview, 'Totals now and before.'),
})

const seriesRoute = createRoute({
  method: 'get',
  path: '/series',
  tags: ['Figures'],
  summary: 'One metric over time, split by one dimension',
  request: {
    query: z
      .strictObject({
        metric,
        by: dimension.optional(),
        step: whole(MINUTE, YEAR, 'Milliseconds between points; default: fits the range.').optional(),
        q: filter,
        ...recent,
        top: wholeOr(6, 1, 50, 'Groups before the rest is folded into one.'),
        zone: zone.optional(),
      })
      .refine(ordered, orderedMessage),
  },
  responses: answers(series, 'Groups with a value for each point; the last may be all others.'),
})

const topRoute = createRoute({
  method: 'get',
  path: '/top',
  tags: ['Figures'],
  summary: 'Who weighs most: the largest groups of a dimension',
  request: {
    query: z
      .strictObject({
        by: dimension,
        metric: quantity.default('cost'),
        q: filter,
        ...recent,
        limit: wholeOr(10, 1, 200, 'Groups before the rest is folded into one.'),
      })
      .refine(ordered, orderedMessage),
  },
  responses: answers(top, 'Largest first.'),
})

const suggestRoute = createRoute({
  method: 'get',
  path: '/suggest',
  tags: ['Figures'],
  summary: 'Values that a filter field really has',
  request: {
    query: z
      .strictObject({
        field: z
          .string()
          .max(200)
          .refine((name) => fieldOf(name) !== null, 'not a field of the filter grammar')
          .openapi({ description: 'A field of the filter grammar, or tag.NAME.', example: 'model' }),
        prefix: z.string().max(200).default(''),
        ...recent,
      })
      .refine(ordered, orderedMessage),
  },
  responses: answers(suggestions, 'Most used first.'),
})

const findRoute = createRoute({
  method: 'get',
  path: '/find',
  tags: ['Calls'],
  summary: 'What an id belongs to',
  description: 'Call, response (resp_…, msg_…, chatcmpl-…), request, trace, session and tool-call ids.',
  request: { query: z.strictObject({ id: foreignId }) },
  responses: answers(found, 'What has this id.'),
})

export const statRoutes = ({ ask }: Pick<AppDeps, 'ask'>) =>
  createRoutes()
    .openapi(overviewRoute, async (c) => {
      const { q, ...range } = c.req.valid('query')
      return c.json(await ask('overview', { q, ...toRange(range) }, { signal: c.req.raw.signal }), 200)
    })
    .openapi(seriesRoute, async (c) => {
      const { by = null, ...query } = c.req.valid('query')
      return c.json(await ask('series', { ...query, by, ...toRange(query) }, { signal: c.req.raw.signal }), 200)
    })
    .openapi(topRoute, async (c) => {
      const query = c.req.valid('query')
      return c.json(await ask('top', { ...query, ...toRange(query) }, { signal: c.req.raw.signal }), 200)
    })
    .openapi(suggestRoute, async (c) => {
      const query = c.req.valid('query')
      return c.json(await ask('suggest', { ...query, ...toRange(query) }, { signal: c.req.raw.signal }), 200)
    })
    .openapi(findRoute, async (c) =>
      c.json(await ask('findId', c.req.valid('query'), { signal: c.req.raw.signal }), 200),
    )
