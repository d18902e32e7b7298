/**
 * The gate before dashboard and API. On loopback everyone who reaches the port is the person at the machine — as long as the request
 * is really theirs: a page of another site must not ask through their browser (Host against DNS rebinding, Origin and Sec-Fetch-Site
 * against forgery), and what a proxy brings is not local. Everywhere else the admin token is asked for, as Bearer or as a login.
 */
import type { IncomingMessage } from 'node:http'
import type { AppDeps } from './deps.ts'
import { createTrust, isLocalName, isLoopbackAddress, originOf, type RequestOrigin } from '../origin.ts'
import { ApiError } from './problem.ts'
import { createThrottle } from './throttle.ts'

export interface Gate {
  /** Refuses what a foreign page or a rebound name asks. @throws ApiError host_refused, origin_refused */
  checkSource(incoming: IncomingMessage): void
  /** @throws ApiError login_required, token_wrong, too_many_tries */
  checkLogin(incoming: IncomingMessage): void
  loginNeeded(incoming: IncomingMessage): boolean
  mayEnter(incoming: IncomingMessage): boolean
  checkTries(incoming: IncomingMessage): void
  countFailure(incoming: IncomingMessage): void
  forgetFailures(incoming: IncomingMessage): void
  /** The login cookie's value, valid or not. */
  sessionOf(incoming: IncomingMessage): string | null
  /** `set-cookie` for a login, or for its end. */
  sessionCookie(incoming: IncomingMessage, session: { value: string; expiresAt: number } | null): string
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export const createGate = ({ config, admin }: Pick<AppDeps, 'config' | 'admin'>): Gate => {
  const throttle = createThrottle()
  const from = (incoming: IncomingMessage) => originOf(incoming, createTrust(config().trustedProxies))

  const loginNeeded = (incoming: IncomingMessage) => {
    if (!isLoopbackAddress(config().host)) return true
    const origin = from(incoming)
    return origin.forwarded || !isLoopbackAddress(incoming.socket.remoteAddress ?? '')
  }

  const sessionOf = (incoming: IncomingMessage) => cookie(incoming, cookieName(incoming))
  const loggedIn = (incoming: IncomingMessage) => {
    const value = sessionOf(incoming)
    return value !== null && admin.verifySession(value)
  }
  const addressOf = (incoming: IncomingMessage) => from(incoming).address
  const checkTries = (incoming: IncomingMessage) => {
    const waitMs = throttle.waitMs(addressOf(incoming))
    if (waitMs <= 0) return
    const seconds = Math.ceil(waitMs / 1000)
    throw new ApiError(
      'too_many_tries',
      `Too many wrong admin tokens came from this address. Try again in ${seconds} s.`,
      {
        headers: { 'retry-after': String(seconds) },
      },
    )
  }

  return {
    checkSource(incoming) {
      const origin = from(incoming)
      if (!loginNeeded(incoming) && !isLocalName(origin.host, config().host)) throw hostRefused(origin.host)
      if (isForeign(incoming, origin)) throw originRefused(incoming)
    },
    checkLogin(incoming) {
      if (!loginNeeded(incoming) || loggedIn(incoming)) return
      const token = bearer(incoming)
      if (token === null) throw loginRequired()
      checkTries(incoming)
      if (admin.verify(token)) return
      throttle.failed(addressOf(incoming))
      throw new ApiError('token_wrong', 'The token in Authorization is not the admin token.', {
        help: 'It was printed at the first start; `weir admin token --new` makes a new one.',
        headers: { 'www-authenticate': 'Bearer realm="weir", error="invalid_token"' },
      })
    },
    loginNeeded,
    mayEnter(incoming) {
      if (!loginNeeded(incoming) || loggedIn(incoming)) return true
      const token = bearer(incoming)
      return token !== null && throttle.waitMs(addressOf(incoming)) <= 0 && admin.verify(token)
    },
    checkTries,
    countFailure: (incoming) => throttle.failed(addressOf(incoming)),
    forgetFailures: (incoming) => throttle.succeeded(addressOf(incoming)),
    sessionOf,
    sessionCookie(incoming, session) {
      const age = session === null ? 0 : Math.ceil((session.expiresAt - Date.now()) / 1000)
      const secure = from(incoming).scheme === 'https' ? '; Secure' : ''
      const path = config().basePath || '/'
      return `${cookieName(incoming)}=${session?.value ?? ''}; Path=${path}; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`
    },
  }
}

/** Cookies know no ports: two Weirs on one host would throw each other's logins out. */
const cookieName = (incoming: IncomingMessage) => `weir_session_${incoming.socket.localPort ?? 0}`

function cookie(incoming: IncomingMessage, name: string): string | null {
  for (const pair of (incoming.headers.cookie ?? '').split(';')) {
    const cut = pair.indexOf('=')
    if (cut > 0 && pair.slice(0, cut).trim() === name) return pair.slice(cut + 1).trim()
  }
  return null
}

const bearer = (incoming: IncomingMessage): string | null =>
  /^Bearer +(\S+) *$/i.exec(incoming.headers.authorization ?? '')?.[1] ?? null

/**
 * Browsers say where a request comes from; other clients do not, and cannot be made to ask by a page. Following a link to the
 * dashboard from elsewhere is fine: it is a navigation by GET, and its answer does not go to the page with the link.
 */
function isForeign(incoming: IncomingMessage, { scheme, host }: RequestOrigin): boolean {
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } = incoming.headers
  if (SAFE_METHODS.has(incoming.method ?? '') && mode === 'navigate' && dest === 'document') return false
  if (origin !== undefined && origin.toLowerCase() !== `${scheme}://${host}`.toLowerCase()) return true
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

const hostRefused = (host: string) =>
  new ApiError('host_refused', `Weir listens on loopback and does not answer to the name "${host.slice(0, 200)}".`, {
    help: 'Use localhost or 127.0.0.1. To serve it under a name, set `host` in weir.yaml: the dashboard then asks for the admin token.',
  })

const originRefused = (incoming: IncomingMessage) =>
  new ApiError(
    'origin_refused',
    `A page of ${String(incoming.headers.origin ?? 'another site').slice(0, 200)} asked for this; only Weir's own dashboard may.`,
    {
      help: 'Scripts outside a browser are not affected. Behind a proxy, name it in `trustedProxies` so that X-Forwarded-Host and -Proto count.',
    },
  )

const loginRequired = () =>
  new ApiError('login_required', 'Dashboard and API ask for the admin token here.', {
    help: 'Send `Authorization: Bearer TOKEN`, or log in on the dashboard. The token was printed at the first start; `weir admin token --new` makes a new one.',
    headers: { 'www-authenticate': 'Bearer realm="weir"' },
  })
