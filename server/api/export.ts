/**
 * /api/calls/export: every call that a filter finds, as a download that is written while it is read. Pages are asked for only as
 * fast as the client takes them, and are put into text in a reader thread: an export costs the main thread next to nothing.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { streamPages } from './page-stream.ts'
import { failures } from './problem.ts'
import { createRoutes } from './routes.ts'
import { anyTime, filter, ordered, orderedMessage } from './schema/params.ts'

const TYPES = { jsonl: 'application/jsonl', csv: 'text/csv; charset=utf-8; header=present' } as const

const exportRoute = createRoute({
  method: 'get',
  path: '/export',
  tags: ['Calls'],
  summary: 'All calls of a filter as JSON lines or CSV, oldest first',
  description: 'Streamed. `x-weir-total` is the number of calls when it could be counted cheaply.',
  request: {
    query: z
      .strictObject({ format: z.enum(['jsonl', 'csv']).default('jsonl'), q: filter, ...anyTime })
      .refine(ordered, orderedMessage),
  },
  responses: {
    200: {
      description: 'One call a line.',
      headers: z.object({ 'x-weir-total': z.string().optional() }),
      content: {
        'application/jsonl': { schema: z.string().openapi({ format: 'binary' }) },
        'text/csv': { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
    ...failures,
  },
})

export const exportRoutes = ({ ask }: Pick<AppDeps, 'ask'>) =>
  createRoutes().openapi(exportRoute, async (c): Promise<any> => {
    const { format, ...query } = c.req.valid('query')
    const signal = c.req.raw.signal
    const total = await ask('countCalls', query, { signal })
    const firstPage = await ask('exportPage', { ...query, format, cursor: null }, { signal })
    const headers = new Headers({
      'content-type': TYPES[format],
      'content-disposition': `attachment; filename="weir-calls.${format}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    if (!total.capped) headers.set('x-weir-total', String(total.count))
    return new Response(
      streamPages(firstPage, (cursor) => ask('exportPage', { ...query, format, cursor }, { signal })),
      { headers },
    )
  })
