/** /api/status: how Weir itself is doing, in one object; the live stream sends the same. */
import { createRoute, type z } from '@hono/zod-openapi'
import type { IncomingMessage } from 'node:http'
import type { AppDeps } from './deps.ts'
import { createTrust, originOf } from '../origin.ts'
import { answers, createRoutes } from './routes.ts'
import { status } from './schema/answers.ts'

export type Status = z.infer<typeof status>

const statusRoute = createRoute({
  method: 'get',
  path: '/status',
  tags: ['Weir'],
  summary: 'How Weir is doing',
  responses: answers(status, 'Now.'),
})

export type StatusDeps = Pick<
  AppDeps,
  'config' | 'configProblems' | 'running' | 'recorded' | 'journal' | 'redis' | 'version' | 'startedAt' | 'demo'
>

export const readStatus = (deps: StatusDeps, incoming: IncomingMessage): Status => {
  const recorder = deps.recorded.status()
  const journal = deps.journal.counters()
  const config = deps.config()
  const { scheme, host } = originOf(incoming, createTrust(config.trustedProxies))
  return {
    version: deps.version,
    startedAt: deps.startedAt,
    journalBehindMs: recorder.behindMs,
    callsRecorded: recorder.callsRecorded,
    callsLost: journal.callsLost,
    diskBytes: recorder.diskBytes + journal.bytesOnDisk,
    running: deps.running.list().length,
    entriesSkipped: recorder.entriesSkipped,
    problem: recorder.problem,
    config: { problems: deps.configProblems() },
    url: `${scheme}://${host}${config.basePath}`,
    demo: deps.demo,
    database: config.database === 'sqlite' ? 'sqlite' : 'postgres',
    redis: deps.redis?.() ?? null,
  }
}

export const statusRoutes = (deps: StatusDeps) =>
  createRoutes().openapi(statusRoute, (c) => c.json(readStatus(deps, c.env.incoming), 200))
