/** The API as one tree of chained sub-apps, one per resource. `Api` is what the dashboard's typed client is made from. */
import type { AppDeps } from './deps.ts'
import { alertRoutes } from './alerts.ts'
import { budgetRoutes } from './budgets.ts'
import { cacheRoutes } from './cache.ts'
import { callRoutes } from './calls.ts'
import { contentRoutes } from './content.ts'
import { credentialRoutes } from './credentials.ts'
import { exportRoutes } from './export.ts'
import { findingRoutes } from './findings.ts'
import type { Gate } from './gate.ts'
import { keyRoutes } from './keys.ts'
import { liveRoutes } from './live.ts'
import { loginRoutes } from './login.ts'
import { meRoutes } from './me.ts'
import { routeListRoutes } from './route-list.ts'
import { createRoutes } from './routes.ts'
import { sessionRoutes } from './sessions.ts'
import { statRoutes } from './stats.ts'
import { statusRoutes } from './status.ts'
import type { Unrecorded } from './unrecorded.ts'

export const createApi = (deps: AppDeps, { gate, unrecorded }: { gate: Gate; unrecorded: Unrecorded }) =>
  createRoutes()
    // Fixed words before `/calls/{id}`, which would take them for ids.
    .route('/api/calls', exportRoutes(deps))
    .route('/api/calls', callRoutes(deps, unrecorded))
    .route('/api/calls', contentRoutes(deps, unrecorded))
    .route('/api/sessions', sessionRoutes(deps))
    .route('/api/keys', keyRoutes(deps))
    .route('/api/credentials', credentialRoutes(deps))
    .route('/api', budgetRoutes(deps))
    .route('/api', findingRoutes(deps))
    .route('/api', alertRoutes(deps))
    .route('/api', routeListRoutes(deps))
    .route('/api', statRoutes(deps))
    .route('/api', statusRoutes(deps))
    .route('/api/cache', cacheRoutes(deps))
    .route('/api', liveRoutes(deps))
    .route('/api', loginRoutes(deps, gate))
    .route('/api', meRoutes(deps))

/** For `hc<Api>(base)`: `client.api.calls.$get({ query: { q: 'model:gpt-*' } })`. */
export type Api = ReturnType<typeof createApi>
