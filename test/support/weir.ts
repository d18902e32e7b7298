/**
 * A real Weir in this process, on port 0, with a data folder of its own: journal, recorder thread, SQLite, API. The only thing
 * that a test configures is what its story needs. `recorded` waits for the row, never for a while.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from '../../server/call.ts'
import { type Config, configSchema } from '../../server/config/config.ts'
import type { ConfigSource } from '../../server/config/reload.ts'
import type { RoutingOptions } from '../../server/policy/routing.ts'
import { startWeir as start, type Weir } from '../../server/start.ts'
import type { FakeProvider } from './provider.ts'

export interface TestWeir extends Weir {
  dataDir: string
  /** The stored call; waits until the recorder has committed it. */
  recorded(callId: string): Promise<Call>
  /** All calls that were recorded so far, in order of storing. */
  calls: Call[]
  /** Settles when `count` calls are recorded. */
  recordedCount(count: number): Promise<Call[]>
  /** Lays new settings over the old ones, as a reload would. */
  configure(settings: Record<string, unknown>): void
  /** The path below the API, parsed. */
  api(path: string): Promise<any>
}

export interface TestOptions {
  /** Name → fake provider (or base URL): `providers.NAME.baseUrl` points at it. */
  providers?: Record<string, FakeProvider | string>
  /** weir.yaml, parsed. */
  config?: Record<string, unknown>
  dataDir?: string
  httpProxy?: string
  httpsProxy?: string
  noProxy?: string
  inContainer?: boolean
  /** The built dashboard; default: dist/web. */
  assetsDir?: string
  /** Clock and dice of routes. */
  routing?: RoutingOptions
}

export async function startWeir({
  providers = {},
  config = {},
  dataDir,
  httpProxy,
  httpsProxy,
  noProxy,
  inContainer = false,
  assetsDir,
  routing,
}: TestOptions = {}): Promise<TestWeir> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'weir-test-')))
  const base = { port: 0, data: folder, drainDelay: 0, ...config }
  const source = createSource(base, providers)
  const root = new URL('../../', import.meta.url)
  const weir = await start({
    config: source,
    demo: false,
    workers: {
      recorder: new URL('server/recorder/worker.ts', root),
      reader: new URL('server/reader/worker.ts', root),
      control: new URL('server/control/worker.ts', root),
      judge: new URL('server/policy/quality/worker.ts', root),
    },
    assetsDir: assetsDir ?? new URL('dist/web', root).pathname,
    migrationsDir: new URL('db/migrations', root).pathname,
    version: '0.0.0-test',
    proxy: { httpProxy: httpProxy ?? null, httpsProxy: httpsProxy ?? null, noProxy: noProxy ?? null },
    inContainer,
    ...(routing ? { routing } : {}),
  })

  const calls: Call[] = []
  const waiting = new Set<() => void>()
  weir.onRecorded((stored) => {
    calls.push(...stored)
    for (const look of waiting) look()
  })
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = () => {
        const found = find()
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })

  return {
    ...weir,
    dataDir: folder,
    calls,
    recorded: (callId) => until(() => calls.find((call) => call.id === callId)),
    recordedCount: (count) => until(() => (calls.length >= count ? calls : undefined)),
    configure: (settings) => source.replace({ ...base, ...settings }),
    api: async (path) => (await fetch(`${weir.url}/api${path}`)).json(),
    close: async () => {
      await weir.close()
      if (!dataDir) await rm(folder, { recursive: true, force: true })
    },
  }
}

function createSource(
  first: Record<string, unknown>,
  fakes: Record<string, FakeProvider | string>,
): ConfigSource & { replace(next: Record<string, unknown>): void } {
  const parse = (settings: Record<string, unknown>): Config => {
    const named = (settings['providers'] ?? {}) as Record<string, object>
    const providers: Record<string, object> = { ...named }
    for (const [name, fake] of Object.entries(fakes)) {
      providers[name] = { baseUrl: typeof fake === 'string' ? fake : fake.url, ...named[name] }
    }
    return configSchema.parse({ ...settings, providers })
  }
  let current = parse(first)
  const listeners = new Set<(config: Config) => void>()
  return {
    file: { path: 'weir.yaml', found: false },
    current: () => current,
    problems: () => [],
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    check: async () => {},
    close() {},
    replace(next) {
      current = parse(next)
      for (const listener of listeners) listener(current)
    },
  }
}
