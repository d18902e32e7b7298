/** /api/sessions: the list, one session with its steps, its export, and ending what runs in it. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { streamPages } from './page-stream.ts'
import { ApiError, failures } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { canceled } from './schema/answers.ts'
import { anyTime, callId, filter, foreignId, ordered, orderedMessage, wholeOr } from './schema/params.ts'
import { sessionList, sessionPage, stepPlace } from './schema/sessions.ts'

const tags = ['Sessions']
const params = z.object({ id: foreignId.openapi({ description: 'Session id, as calls carry it.' }) })
const cursor = z.string().max(600).optional().openapi({ description: '`next` of the page before.' })
const steps = 500

const list = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Sessions, those with the latest call first, page by page',
  description:
    'A session fits when one of its calls fits the filter; cost, tokens and duration are compared with those of the whole session.',
  request: {
    query: z
      .strictObject({ q: filter, ...anyTime, limit: wholeOr(50, 1, 200, 'Sessions on a page.'), cursor })
      .refine(ordered, orderedMessage),
  },
  responses: answers(sessionList, 'One page of sessions.'),
})

const one = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'One session: its lanes, and its calls as steps, oldest first',
  request: {
    params,
    query: z.strictObject({ limit: wholeOr(steps, 1, steps, 'Steps on a page.'), cursor }),
  },
  responses: answers(sessionPage, 'The session and one page of its steps.'),
})

const place = createRoute({
  method: 'get',
  path: '/{id}/place/{callId}',
  tags,
  summary: 'Where a call stands in its session',
  request: { params: params.extend({ callId }) },
  responses: answers(stepPlace, 'Its number, and the calls beside it.'),
})

const exportRoute = createRoute({
  method: 'get',
  path: '/{id}/export',
  tags,
  summary: 'All calls of a session as JSON lines, oldest first',
  request: { params, query: z.strictObject({ format: z.enum(['jsonl']).default('jsonl') }) },
  responses: {
    200: {
      description: 'One call a line.',
      content: { 'application/jsonl': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...failures,
  },
})

const cancel = createRoute({
  method: 'post',
  path: '/{id}/cancel',
  tags,
  summary: 'End every running call of a session',
  request: { params },
  responses: answers(canceled, 'How many were running; 0 is an answer, not an error.'),
})

export const sessionRoutes = ({ ask, running }: Pick<AppDeps, 'ask' | 'running'>) =>
  createRoutes()
    .openapi(list, async (c) =>
      c.json(await ask('listSessions', c.req.valid('query'), { signal: c.req.raw.signal }), 200),
    )
    .openapi(one, async (c) => {
      const { id } = c.req.valid('param')
      const page = await ask('getSession', { id, ...c.req.valid('query') }, { signal: c.req.raw.signal })
      if (!page) throw unknownSession(id)
      return c.json({ ...page, running: running.list().filter(({ sessionId }) => sessionId === id).length }, 200)
    })
    .openapi(place, async (c) => {
      const { id, callId } = c.req.valid('param')
      const found = await ask('stepPlace', { id, callId }, { signal: c.req.raw.signal })
      if (!found) throw new ApiError('not_found', `Session "${id}" has no stored call ${callId}.`)
      return c.json(found, 200)
    })
    .openapi(exportRoute, async (c): Promise<any> => {
      const { id } = c.req.valid('param')
      const signal = c.req.raw.signal
      const about = { q: '', from: 0, to: Number.MAX_SAFE_INTEGER, sessionId: id, format: 'jsonl' as const }
      const first = await ask('exportPage', { ...about, cursor: null }, { signal })
      if (first.calls === 0) throw unknownSession(id)
      return new Response(
        streamPages(first, (next) => ask('exportPage', { ...about, cursor: next }, { signal })),
        {
          headers: {
            'content-type': 'application/jsonl',
            'content-disposition': `attachment; filename="weir-session-${toFileName(id)}.jsonl"`,
            'cache-control': 'no-store',
            'x-content-type-options': 'nosniff',
          },
        },
      )
    })
    .openapi(cancel, (c) => c.json({ canceled: running.cancelSession(c.req.valid('param').id) }, 200))

/** Session ids are anything that a client sends; a file name in a header is not. */
const toFileName = (id: string): string => id.replace(/[^\w.-]+/g, '_').slice(0, 60)

const unknownSession = (id: string) =>
  new ApiError('not_found', `There is no session "${id}".`, {
    help: 'A session is there once its first call is stored. Retention removes the oldest; /api/find?id= finds other kinds of ids.',
  })
