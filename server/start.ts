/**
 * Puts the house together and opens it: journal → recorder → gateway → app → listen; and takes it down in the reverse order,
 * losing nothing. The one place where the parts meet; main.ts and the tests call it with what they read or made up.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { openAlerts } from './alerts/open.ts'
import { createAdmin } from './api/auth.ts'
import { createApp } from './app.ts'
import { createCache } from './cache/cache.ts'
import { createRedisStore } from './cache/redis-store.ts'
import type { Call } from './call.ts'
import type { Config } from './config/config.ts'
import type { ConfigSource } from './config/reload.ts'
import { createTell } from './control/control.ts'
import { createCredentialAdmin } from './credentials/admin.ts'
import { createCredentials } from './credentials/credentials.ts'
import { untilRead, watchCredentials } from './credentials/watch.ts'
import { credentialSecret, openDataFolder } from './data-folder.ts'
import { createDeadlines } from './gateway/deadlines.ts'
import type { Gateway } from './gateway/gateway.ts'
import { createGuard } from './gateway/guard.ts'
import { createHandler } from './gateway/handle.ts'
import type { Rules } from './gateway/live.ts'
import { createCredentialName } from './gateway/mask.ts'
import { createKnownModels } from './gateway/models.ts'
import { createRecall } from './gateway/recall.ts'
import { createRunning } from './gateway/running.ts'
import { createUpgrade } from './gateway/upgrade.ts'
import { createUpstreams, type ProxyEnvironment } from './gateway/upstreams.ts'
import { createJournal } from './journal/append.ts'
import type { SumQuestion } from '../db/queries/limit-sums.ts'
import { createLoopDesk } from './loops/desk.ts'
import { createKeyAdmin } from './policy/key-admin.ts'
import { toKeyRecords } from './policy/key-config.ts'
import { createKeys } from './policy/keys.ts'
import { watchKeys } from './policy/key-watch.ts'
import { createMemoryLedger } from './policy/limits/memory-ledger.ts'
import type { Model } from './policy/limits/price-book.ts'
import { createRedisLedger } from './policy/limits/redis-ledger.ts'
import { createJudging } from './policy/quality/judging.ts'
import { listRoutes } from './policy/route-list.ts'
import { createRouting, type RoutingOptions } from './policy/routing.ts'
import { createPublisher } from './publisher.ts'
import { createAsk } from './reader/ask.ts'
import { startRecorder } from './recorder/handle.ts'
import type { RecorderStatus } from './recorder/messages.ts'
import { NOTHING_RECORDED } from './recorder/status.ts'
import { openRedis } from './redis/redis.ts'
import { toRecorderSettings, toRules } from './rules.ts'
import { createHttpServer } from './serve.ts'

export interface Settings {
  config: ConfigSource
  /** Shows the dashboard's demo mark; the demo traffic itself is started by main. */
  demo: boolean
  workers: { recorder: URL; reader: URL; control: URL; judge: URL }
  /** The built dashboard. */
  assetsDir: string
  migrationsDir: string
  version: string
  proxy: ProxyEnvironment
  /** Loopback is not the host's then: an upstream there that does not answer gets a hint. */
  inContainer?: boolean
  /** Clock and dice of routes; for tests. */
  routing?: RoutingOptions
  /** One line for the process' log. */
  say?: (line: string) => void
}

export interface Weir {
  /** `http://host:port` + basePath. */
  url: string
  port: number
  /** The admin token when this start made it; it cannot be had again. */
  adminToken: string | null
  /** After the commit, in the order of storing. */
  onRecorded(listener: (calls: Call[]) => void): () => void
  /** Settles when the recorder owns the data folder and the database is open. */
  ready: Promise<void>
  /**
   * Graceful: readyz fails, and after `delay` (milliseconds, default `drainDelay`) there are no new connections; calls in
   * flight finish within `grace`, all is recorded. The delay is for balancers: who ends Weir by hand has none to wait for.
   */
  drain(options?: { delay?: number }): Promise<void>
  /** At once: running calls are cut off (and recorded as such), the recorder finishes what is in the journal. */
  close(): Promise<void>
}

export async function startWeir(settings: Settings): Promise<Weir> {
  const { config: source, say = () => {} } = settings
  const config = source.current()
  const startedAt = Date.now()
  openDataFolder(config.data, say)
  await fillThreadPool(config.data)

  const wake = new SharedArrayBuffer(4)
  const journal = await createJournal({ dir: join(config.data, 'journal'), ...config.journal, wake })
  const admin = createAdmin({ dataDir: config.data, token: () => source.current().adminToken })
  const ask = createAsk({
    workerUrl: settings.workers.reader,
    options: { dataDir: config.data, database: config.database },
  })
  const tell = createTell({
    workerUrl: settings.workers.control,
    options: { dataDir: config.data, ...pick(config) },
  })
  const keys = createKeys()
  keys.configure(toKeyRecords(config.keys.list))
  const keyWatch = watchKeys({ dataDir: config.data, ...pick(config), keys, ask, say })
  const useCredentials = () => void (rules = toRules(source.current(), credentials))
  const credentials = createCredentials({ dataDir: config.data, ...pick(config), onChange: useCredentials, say })
  const credentialWatch = watchCredentials({ dataDir: config.data, ...pick(config), credentials, ask, say })
  const openShared = async () =>
    config.redis === null ? null : openRedis({ url: config.redis, timeoutMs: config.redisTimeout, say })
  const redis = await openShared()
  // A connection of its own: a long answer on its way must not hold up a look at limits.
  const cacheRedis = await openShared()
  const cache = createCache({
    dir: join(config.data, 'cache'),
    config: () => source.current().cache,
    ...(cacheRedis && {
      now: cacheRedis.now,
      shared: createRedisStore({ redis: cacheRedis, maxBytes: () => source.current().cache.redisBytes }),
    }),
  })
  const routing = createRouting(settings.routing)
  const judging = createJudging({ workerUrl: settings.workers.judge })
  const loopKey = randomBytes(32)
  const guard = createGuard(loopKey)
  const running = createRunning()
  const upstreams = createUpstreams(config, settings.proxy)
  let status: RecorderStatus = NOTHING_RECORDED
  let rules: Rules = toRules(config, credentials)
  let draining = false
  let refusing = false
  let parserRefused = 0
  let lastRecordedAt = startedAt

  const publisher = createPublisher({ ask, listen: (on) => recorder.listen(on) })
  const recorder = startRecorder({
    workerUrl: settings.workers.recorder,
    options: {
      dataDir: config.data,
      database: config.database,
      credentialNamesKey: config.credentialNamesKey,
      wake,
      loopKey,
      ...toRecorderSettings(rules),
    },
    onRecorded: (stored, calls) => {
      lastRecordedAt = Date.now()
      ledger.settle(stored)
      cache.stored(stored)
      for (const { routed } of stored) if (routed) routing.settled(routed)
      publisher.publish(stored, calls)
    },
    onStatus: (next) => (status = next),
    onLoops: (news) => loops.hear(news),
    onFailed: say,
  })
  const ledgerDeps = {
    sums: (questions: SumQuestion[]) => ask('limitSums', { questions }, LIMITS_WAIT),
    priceOf: (model: Model) => {
      const { prices, aliases } = source.current()
      return ask('priceOf', { ...model, overrides: prices, aliases }, LIMITS_WAIT)
    },
    keys: () => keys.list(),
    onNeed: () => recorder.sendCharges(),
  }
  const shared = redis ? createRedisLedger({ ...ledgerDeps, redis, whenDown: () => source.current().redisDown }) : null
  const ledger = shared ?? createMemoryLedger({ ...ledgerDeps, say })
  ledger.configure(config.limits)
  const stopListening = source.onChange((next) => {
    rules = toRules(next, credentials)
    ledger.configure(next.limits)
    keys.configure(toKeyRecords(next.keys.list))
    upstreams.use(next)
    const token = admin.ensureToken()
    if (token) say(`adminToken was removed from the configuration. Admin token from now on, shown this once: ${token}`)
    recorder.post({ type: 'settings', settings: toRecorderSettings(rules) })
  })

  const gateway: Gateway = {
    rules: () => rules,
    journal,
    upstreams,
    running,
    deadlines: createDeadlines(),
    routing,
    guard,
    judging,
    priceOf: ledgerDeps.priceOf,
    recall: createRecall(ask),
    cache,
    ledger,
    isAdminToken: (value) => mayBeAdminToken(value, source.current().adminToken) && admin.verify(value),
    keys,
    nameCredential: createCredentialName(credentialSecret(config.data, config.credentialNamesKey)),
    content: (callId, direction, bytes) => recorder.post({ type: 'body', callId, direction, bytes }),
    buffered: { bytes: 0 },
    refusesUsage: new Set(),
    knownModels: createKnownModels(() => ask('knownModels', {})),
    inContainer: settings.inContainer ?? false,
    draining: () => refusing,
  }
  const alerts = openAlerts({
    dataDir: config.data,
    config: () => source.current().alerts,
    budgets: () => ledger.budgets(),
    routes: async () =>
      listRoutes({ ...rules, routing, nameCredential: gateway.nameCredential, figures: null, models: new Map() })
        .routes,
    lastRecordedAt: () => lastRecordedAt,
    ask,
    upstreams,
  })
  const loops = createLoopDesk({
    settings: () => source.current().loops,
    write: (change) => tell('markFinding', change),
    tellRecorder: (change) => void recorder.post({ type: 'finding', ...change }),
    guard,
    alerts,
  })
  const app = createApp({
    config: () => source.current(),
    configProblems: () => source.problems(),
    ask,
    running,
    cache,
    keys: createKeyAdmin({ dataDir: config.data, ...pick(config), keys, tell }),
    credentials: createCredentialAdmin({
      credentials,
      providers: () => rules.providers,
      configured: () => source.current().providers,
      tell,
    }),
    budgets: () => ledger.budgets(),
    loops,
    alerts,
    routeList: async () => {
      const to = Date.now()
      const [figures, known] = await Promise.all([
        ask('providerFigures', { from: to - 3_600_000, to }).catch(() => null),
        gateway.knownModels(),
      ])
      const models = new Map<string, number>()
      for (const { provider } of known) models.set(provider, (models.get(provider) ?? 0) + 1)
      return listRoutes({ ...rules, routing, nameCredential: gateway.nameCredential, figures, models })
    },
    budgetsFor: ({ name }) => ledger.budgets(name),
    recorded: { onStored: publisher.onStored, subscribe: publisher.onRecorded, status: () => status },
    journal,
    redis: () => redis && { ...redis.state(), ...shared!.counters(), whenDown: source.current().redisDown },
    admin,
    assets: settings.assetsDir,
    version: settings.version,
    startedAt,
    demo: settings.demo,
    draining: () => draining,
    parserRefused: () => parserRefused,
    log: (error) => say(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  })
  const server = createHttpServer({
    basePath: config.basePath,
    gateway: createHandler(gateway),
    app: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    upgrade: createUpgrade(gateway),
    unparsed: () => parserRefused++,
  })
  await untilRead(credentials)
  useCredentials()
  await listen(server, config)
  const { port } = server.address() as AddressInfo

  const close = async () => {
    stopListening()
    keyWatch.close()
    await alerts.close()
    credentialWatch.close()
    source.close()
    running.cancelAll()
    server.close()
    server.closeIdleConnections()
    await Promise.race([running.idle(), wait(1000, undefined, { ref: false })])
    server.closeAllConnections()
    await journal.close()
    await recorder.stop()
    await ledger.close()
    await cache.close()
    await judging.close()
    await Promise.all([redis?.close(), cacheRedis?.close()])
    await Promise.all([ask.close(), tell.close(), upstreams.close()])
  }
  const drain = async ({ delay = source.current().drainDelay }: { delay?: number } = {}) => {
    // Until the balancers have seen readyz fail they go on sending, and those calls are served.
    draining = true
    await wait(delay)
    refusing = true
    server.close()
    server.closeIdleConnections()
    await Promise.race([running.idle(), wait(source.current().grace, undefined, { ref: false })])
    await handedOver(server)
    await close()
  }
  return {
    url: `http://${toHost(config.host)}:${port}${config.basePath}`,
    port,
    adminToken: admin.firstToken,
    onRecorded: publisher.onRecorded,
    ready: recorder.ready,
    drain,
    close,
  }
}

/** Where what is managed beside weir.yaml is stored, and the keys that guard it. */
const pick = ({ database, keyHashesKey, masterKey }: Config) => ({ database, keyHashesKey, masterKey })

/** Most calls show a provider's key; only what looks like ours is worth a hash (4 µs). */
const mayBeAdminToken = (value: string, configured: string | null) =>
  value.startsWith('wa_') || value.length === configured?.length

/** A call is over before its last bytes have left for a slow client; a dashboard's open connection must not hold up the end for ever. */
async function handedOver(server: Server): Promise<void> {
  for (const until = Date.now() + 5000; Date.now() < until; await wait(20)) {
    server.closeIdleConnections()
    const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
    if (!open) return
  }
}

/** A call waits for these answers: better to let it pass, and count it when it is settled. */
const LIMITS_WAIT = { timeoutMs: 10_000 }

/**
 * libuv's pool threads inherit the niceness of the thread that makes them. All of them must exist before the recorder nices
 * itself, or the journal's writes run at its low priority (measured: p99 from 0.3 to 8 ms).
 */
const fillThreadPool = (folder: string) => Promise.all(Array.from({ length: 8 }, () => stat(folder)))

async function listen(server: Server, { port, host }: Config): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

/** An address that a browser on this machine can open. */
function toHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
