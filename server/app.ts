/**
 * The app beside the gateway: dashboard, API, health and metrics, as one Hono app over the raw request target without `basePath`.
 * The gate stands before all that shows anything; health checks are open, and say nothing but yes or no and why not.
 */
import type { IncomingMessage } from 'node:http'
import { Hono } from 'hono'
import { createApi } from './api/api.ts'
import { assetRoutes } from './api/assets.ts'
import type { AppDeps } from './api/deps.ts'
import { createGate } from './api/gate.ts'
import { createMetrics } from './api/metrics.ts'
import { openApiDocument } from './api/openapi.ts'
import { ApiError, toProblem } from './api/problem.ts'
import type { ApiEnv } from './api/routes.ts'
import { asksWithKey } from './api/shown-key.ts'
import { createUnrecorded } from './api/unrecorded.ts'

export type { Api } from './api/api.ts'
export type { AppDeps } from './api/deps.ts'

/** Larger than any input of the API. */
const MAX_BODY = 65_536
/** Asked for before there is a login; `/api/me` asks for a Weir key itself. `/` only leads on: people type it, and tools look with `HEAD /` whether somebody is there. */
const OPEN = new Set(['/', '/api/login', '/api/logout', '/api/me', '/api/me/session', '/api/openapi.json'])

export const createApp = (deps: AppDeps): Hono<ApiEnv> => {
  const { basePath } = deps.config()
  const gate = createGate(deps)
  const unrecorded = createUnrecorded(deps.running, deps.recorded)
  const api = createApi(deps, { gate, unrecorded })
  const metrics = createMetrics(deps)
  const log = deps.log ?? (() => {})
  const isTrusted = (incoming: IncomingMessage) => {
    try {
      gate.checkSource(incoming)
      return gate.mayEnter(incoming)
    } catch {
      return false
    }
  }

  const app = new Hono<ApiEnv>({ getPath: (request) => pathWithin(request.url, basePath) })
  app.onError((error, c) => toProblem(error, c, log))
  app.notFound((c) =>
    toProblem(new ApiError('not_found', `There is nothing at ${c.req.path}.`, { help: NOWHERE }), c, log),
  )

  app.get('/healthz', (c) => c.text('ok\n', 200, { 'cache-control': 'no-store' }))
  app.get('/readyz', (c) => {
    const problems = readiness(deps, isTrusted(c.env.incoming))
    const text = problems.length === 0 ? 'ready\n' : `${problems.join('\n')}\n`
    return c.text(text, problems.length === 0 ? 200 : 503, { 'cache-control': 'no-store' })
  })

  app.use(async (c, next) => {
    gate.checkSource(c.env.incoming)
    if (!c.req.path.startsWith('/app') && !OPEN.has(c.req.path) && !asksWithKey(c.env.incoming, c.req.path))
      gate.checkLogin(c.env.incoming)
    await next()
  })
  app.get('/metrics', (c) => c.body(metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }))
  app.get('/', (c) => (c.req.method === 'HEAD' ? c.body(null) : c.redirect(`${basePath}/app/`)))
  app.get('/app', (c) => c.redirect(`${basePath}/app/`))
  app.route('/app', assetRoutes(deps))

  app.use('/api/*', async (c, next) => {
    const length = Number(c.req.header('content-length') ?? 0)
    if (length > MAX_BODY || c.req.header('transfer-encoding') !== undefined)
      throw new ApiError(
        'body_too_large',
        `The API takes bodies of at most ${MAX_BODY} bytes, with their content-length.`,
      )
    await next()
    c.header('x-content-type-options', 'nosniff')
    c.header('cross-origin-resource-policy', 'same-origin')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
    if (!c.res.headers.has('content-security-policy'))
      c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })
  app.get('/api/openapi.json', (c) => c.json(openApiDocument(api, { version: deps.version, basePath })))
  app.route('/', api)
  return app
}

const NOWHERE =
  'The dashboard is at /app/, the API at /api/ (see /api/openapi.json), a provider at /PROVIDER/… such as /openai/v1.'

/** The raw path below `basePath`; what lies outside of it is nowhere. */
function pathWithin(url: string, basePath: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('?', start)
  const path = start < 0 ? '/' : url.slice(start, end < 0 ? undefined : end)
  if (basePath === '') return path
  if (path === basePath) return '/'
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : '/outside-of-base-path'
}

/** Why not; what the database said (it may name hosts, users and folders) only to those who may enter. */
function readiness({ draining, journal, recorded }: AppDeps, detailed: boolean): string[] {
  const { problem } = recorded.status()
  return [
    draining?.() ? 'Weir is shutting down' : null,
    journal.healthy() ? null : 'the journal cannot be written',
    problem === null ? null : `the store cannot be written${detailed ? `: ${problem}` : ''}`,
  ].filter((reason) => reason !== null)
}
