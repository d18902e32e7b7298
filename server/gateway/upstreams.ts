/**
 * Connections to providers: keep-alive pools per origin, HTTPS_PROXY / NO_PROXY honoured, proxy and TLS settings by provider.
 * HTTP/1.1 only: over HTTP/2 header names lose their case and answers their reason phrase. undici's own timeouts are off
 * (its 300 s default kills long thinking); the five that count are Weir's, in timeouts.ts.
 */
import { lookup as resolve } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent } from 'undici'
import { refusedAddress } from '../config/address.ts'
import type { Config, ProviderConfig } from '../config/config.ts'
import { createBypass, createProxied, type Upstream } from './proxy.ts'

export interface ProxyEnvironment {
  httpProxy: string | null
  httpsProxy: string | null
  noProxy: string | null
}

export interface Upstreams {
  for(provider: string): Upstream
  /** The configuration has changed: providers whose connection settings differ get new pools, calls in flight end on theirs. */
  use(config: Config): void
  close(): Promise<void>
}

const OPTIONS = {
  allowH2: false,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: 65_536,
  // The deadline that users set is kept by timeouts.ts, with its own error code; this one clears away what it gave up.
  connectTimeout: 60_000,
  // Idle sockets go before common servers close them (5 s at Node's), so that a call does not meet a half-closed one.
  keepAliveTimeout: 4_000,
} as const

/** A configured name may come to mean a metadata service later (DNS rebinding): what it resolves to is looked at each time. */
const guardedLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, options, (error, address, family) => {
    if (error) return done(error, address, family)
    const found =
      typeof address === 'string' ? [address] : (address as { address: string }[]).map((each) => each.address)
    const refused = found.find(refusedAddress)
    if (refused === undefined) return done(null, address, family)
    done(
      Object.assign(
        new Error(
          `${hostname} resolves to ${refused}, where no provider lives. Set allowPrivate for this provider if it is meant.`,
        ),
        { code: 'ENOTFOUND' },
      ),
      '',
      0,
    )
  })
}
const guarded = { lookup: guardedLookup }

export function createUpstreams(config: Config, environment: ProxyEnvironment): Upstreams {
  const shared = createDispatcher(environment, guarded)
  let own = new Map<string, { settings: string; dispatcher: Upstream }>()

  const use = (next: Config) => {
    const kept = new Map<string, { settings: string; dispatcher: Upstream }>()
    for (const [name, provider] of Object.entries(next.providers)) {
      if (!provider.proxy && !provider.tls && !provider.allowPrivate) continue
      const settings = JSON.stringify([provider.proxy, provider.tls, provider.allowPrivate])
      const before = own.get(name)
      kept.set(
        name,
        before?.settings === settings ? before : { settings, dispatcher: createOwn(provider, environment) },
      )
    }
    for (const [name, { dispatcher }] of own) if (kept.get(name)?.dispatcher !== dispatcher) void dispatcher.close()
    own = kept
  }
  use(config)

  return {
    for: (provider) => own.get(provider)?.dispatcher ?? shared,
    use,
    close: async () => {
      await Promise.all([shared.destroy(), ...[...own.values()].map(({ dispatcher }) => dispatcher.destroy())])
    },
  }
}

type Connect = { lookup?: LookupFunction } & NonNullable<ProviderConfig['tls']>

/** Straight, or through the environment's proxy; without one of its own https takes the one for http, as undici does. */
function createDispatcher({ httpProxy, httpsProxy, noProxy }: ProxyEnvironment, connect: Connect): Upstream {
  const straight = new Agent({ ...OPTIONS, connect })
  if (!httpProxy && !httpsProxy) return straight
  const plain = httpProxy ? createProxied(httpProxy, OPTIONS, connect) : straight
  const secure = httpsProxy ? createProxied(httpsProxy, OPTIONS, connect) : plain
  const bypasses = createBypass(noProxy ?? '')
  const all = [...new Set([straight, plain, secure])]
  return {
    dispatch(request, handler) {
      const origin = String(request.origin)
      const way = bypasses(origin) ? straight : origin.startsWith('https:') ? secure : plain
      return way.dispatch(request, handler)
    },
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
    destroy: async () => void (await Promise.all(all.map((each) => each.destroy()))),
  } as Upstream
}

/** A provider's own proxy comes before the environment's; its certificates count through either. */
function createOwn({ proxy, tls, allowPrivate }: ProviderConfig, environment: ProxyEnvironment): Upstream {
  const connect: Connect = { ...(allowPrivate ? {} : guarded), ...tls }
  return proxy ? createProxied(proxy, OPTIONS, connect) : createDispatcher(environment, connect)
}
