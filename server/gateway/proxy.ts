/**
 * Through a company's proxy. undici's ProxyAgent turns the header array of each request into an object, where duplicates are
 * lost and number-like names move to the front; so the tunnel (RFC 9110 §9.3.6) is opened here, as the connector of a plain
 * Agent, and the request never meets the proxy's code. Plain http goes in absolute form, as proxies that allow CONNECT only to
 * port 443 want it.
 */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici'

export type Upstream = Pick<Dispatcher, 'dispatch' | 'close' | 'destroy'>

/** `options`: those of every pool; `tls`: how to connect to the provider at the other end. */
export function createProxied(proxy: string, options: Agent.Options, tls: buildConnector.BuildOptions): Upstream {
  const url = new URL(proxy.includes('://') ? proxy : `http://${proxy}`)
  if (url.protocol.startsWith('socks')) return new ProxyAgent({ ...options, uri: url.href, requestTls: tls })
  const tunnel = new Agent({ ...options, connect: createTunnel(url, tls, options.connectTimeout ?? 60_000) })
  const direct = new Agent(options)
  return {
    dispatch(request, handler) {
      const isPlain = String(request.origin).startsWith('http:')
      // A WebSocket needs the connection to itself, and few proxies know what to do with one in absolute form.
      if (!isPlain || request.upgrade) return tunnel.dispatch(request, handler)
      return direct.dispatch(inAbsoluteForm(request, url), refusing407(handler))
    },
    close: async () => void (await Promise.all([tunnel.close(), direct.close()])),
    destroy: async () => void (await Promise.all([tunnel.destroy(), direct.destroy()])),
  } as Upstream
}

function inAbsoluteForm(request: Dispatcher.DispatchOptions, proxy: URL): Dispatcher.DispatchOptions {
  const headers = [...(request.headers as string[])]
  const authorization = authorizationOf(proxy)
  if (authorization !== null) headers.push('proxy-authorization', authorization)
  return { ...request, origin: proxy.origin, path: `${String(request.origin)}${request.path}`, headers }
}

/** The proxy's own refusal is none of the client's business, who can do nothing about it. */
function refusing407(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return Object.assign(Object.create(handler) as Dispatcher.DispatchHandler, {
    onResponseStart(...given: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>) {
      const [controller, status] = given
      if (status === 407) return controller.abort(refused(407))
      handler.onResponseStart?.(...given)
    },
  })
}

/** undici asks for a connection to the provider and gets one that leads through the proxy. */
function createTunnel(proxy: URL, tls: buildConnector.BuildOptions, timeout: number): buildConnector.connector {
  const overTunnel = buildConnector({ ...tls, allowH2: false, timeout })
  const reach = async (target: buildConnector.Options, done: buildConnector.Callback): Promise<void> => {
    const socket = await openTunnel(proxy, withPort(target), timeout).catch((error: Error) => error)
    if (socket instanceof Error) return done(socket, null)
    if (target.protocol === 'https:') return overTunnel({ ...target, httpSocket: socket }, done)
    done(null, socket)
  }
  return (target, done) => void reach(target, done)
}

function openTunnel(proxy: URL, authority: string, timeout: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const authorization = authorizationOf(proxy)
  const asking = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      'proxy-connection': 'keep-alive',
      ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
    },
    agent: false,
    timeout,
  })
  // Node would announce `close` for a connection outside of a pool; this one stays.
  asking.removeHeader('connection')
  asking.on('timeout', () => asking.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })))
  asking.on('error', (error) => reject(unreachable(proxy, error)))
  asking.on('connect', ({ statusCode = 0 }, stream, head) => {
    const socket = stream as Socket
    if (statusCode < 200 || statusCode > 299) {
      socket.on('error', () => {}).destroy()
      return reject(refused(statusCode))
    }
    socket.setTimeout(0)
    if (head.length > 0) socket.unshift(head)
    resolve(socket)
  })
  asking.end()
  return promise
}

const refused = (status: number) => new Error(`Proxy response (${status}) where a tunnel was asked for`)

/** undici takes this one certificate error for the provider's and would go on asking. */
const unreachable = (proxy: URL, error: NodeJS.ErrnoException) =>
  Object.assign(new Error(`the proxy ${proxy.host}: ${error.message || error.code}`, { cause: error }), {
    code: error.code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'ERR_TLS_PROXY' : (error.code ?? 'ECONNREFUSED'),
  })

const withPort = ({ host, hostname, port, protocol }: buildConnector.Options): string =>
  host !== undefined && /:\d+$/.test(host) ? host : `${host ?? hostname}:${port || (protocol === 'https:' ? 443 : 80)}`

function authorizationOf({ username, password }: URL): string | null {
  if (username === '') return null
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
}

/**
 * `NO_PROXY`, as curl and undici read it: names with all below them (a leading dot changes nothing), `*.name` only what is
 * below it, addresses, each with `:port` if it is meant for that port alone; `*` is everything.
 */
export function createBypass(noProxy: string): (origin: string) => boolean {
  const entries = noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(toEntry)
  return (origin) => {
    const { hostname, port, protocol } = new URL(origin)
    const name = bare(hostname)
    const at = port || (protocol === 'https:' ? '443' : '80')
    return entries.some((entry) => (entry.port === '' || entry.port === at) && entry.fits(name))
  }
}

function toEntry(entry: string): { port: string; fits(name: string): boolean } {
  const [, host = entry, port = ''] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? []
  if (host === '*') return { port, fits: () => true }
  const base = bare(host.replace(/^\*?\./, ''))
  return { port, fits: (name) => name.endsWith(`.${base}`) || (!host.startsWith('*') && name === base) }
}

const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.+)\]$/, '$1')
    .replace(/(.)\.$/, '$1')
