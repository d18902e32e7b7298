/**
 * /api/live: what happens now, as server-sent events: `started` and `recorded` (one call each), `status`, and `gap` where
 * something was left out, so that the reader asks for the list again instead of believing it has seen everything.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { createHub, toEvent, type Gap, type Hub } from './live-hub.ts'
import { createLiveQueue } from './live-queue.ts'
import { failures } from './problem.ts'
import { createRoutes } from './routes.ts'
import { readStatus, type StatusDeps } from './status.ts'

const STATUS_MS = 1_000
/** Below the 30 s after which many proxies call a silent connection dead. */
const HEARTBEAT_MS = 15_000
/** A browser asks again after this. */
const RETRY = 'retry: 2000\n\n'

const liveRoute = createRoute({
  method: 'get',
  path: '/live',
  tags: ['Weir'],
  summary: 'What happens now, as server-sent events',
  description:
    'Events: `started` and `recorded` (data: a CallItem), `finding` (a Finding that was opened or has changed), `status` (a Status), `gap` ({reason, missed}). `Last-Event-ID` or `cursor` resumes after that event.',
  request: {
    query: z.strictObject({
      cursor: z.string().max(64).optional().openapi({ description: '`id` of the last event seen.' }),
    }),
  },
  responses: {
    200: { description: 'Until the client leaves.', content: { 'text/event-stream': { schema: z.string() } } },
    ...failures,
  },
})

export type LiveDeps = StatusDeps & Pick<AppDeps, 'draining'> & Partial<Pick<AppDeps, 'loops'>>

export const liveRoutes = (deps: LiveDeps) => {
  const hub = createHub(deps.running, deps.recorded)
  return createRoutes().openapi(liveRoute, (c) => {
    const cursor = c.req.valid('query').cursor ?? c.req.header('last-event-id') ?? null
    const stream = follow(
      hub,
      cursor,
      () => readStatus(deps, c.env.incoming),
      deps.draining ?? (() => false),
      deps.loops,
    )
    return new Response(stream, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store, no-transform',
        // nginx would otherwise hold events back until a buffer is full.
        'x-accel-buffering': 'no',
      },
    })
  })
}

const toGap = (gap: Gap, id: string) => toEvent('gap', gap, id)

/** What a reader who comes back has missed, as far as it is still known. */
function backlog(hub: Hub, cursor: string | null): string {
  if (cursor === null) return ''
  const missed = hub.since(cursor)
  if (missed === null) return toGap({ reason: 'cursor', missed: null }, hub.cursorOf(hub.seq))
  return missed.map((it) => hub.print(it)).join('')
}

function follow(
  hub: Hub,
  cursor: string | null,
  status: () => unknown,
  draining: () => boolean,
  loops: AppDeps['loops'] | undefined,
): ReadableStream<Uint8Array> {
  const queue = createLiveQueue(
    (taken) => toGap({ reason: 'slow', missed: null }, hub.cursorOf(taken)),
    () => {
      unlisten()
      unfind()
      clearInterval(timer)
    },
  )

  const unlisten = hub.listen((tick) => {
    const gap = tick.gap === null ? '' : toGap(tick.gap, hub.cursorOf(tick.seq))
    say(gap + tick.text, tick.seq)
  })
  // Not numbered: who comes back asks for the findings again.
  const unfind = loops?.subscribe((finding) => say(toEvent('finding', finding, null))) ?? (() => {})
  let statusText = toEvent('status', status(), null)
  let quietSince = Date.now()
  let told = hub.seq
  const say = (text: string, upTo = told) => {
    quietSince = Date.now()
    told = upTo
    queue.push(text, upTo)
  }
  const sayStatus = () => {
    const text = toEvent('status', status(), null)
    if (text !== statusText) say((statusText = text))
  }

  say(RETRY + statusText + backlog(hub, cursor))
  const timer = setInterval(() => {
    if (draining()) return queue.end()
    sayStatus()
    if (Date.now() - quietSince >= HEARTBEAT_MS) say(': still here\n\n')
  }, STATUS_MS)
  timer.unref()
  return queue.stream
}
