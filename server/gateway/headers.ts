/**
 * Raw header lists (name, value, name, value …; latin1), both ways. Names keep their case, order and duplicates. What is taken
 * out is hop-by-hop (RFC 9110 §7.6.1), Weir's own, or a credential that a Weir key stands in for; nothing else is touched.
 */

/** Never forwarded. `expect` is answered by Weir itself; */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'proxy-authorization',
  'expect',
  'http2-settings',
])
/** Of an answer: these end at Weir too. */
const HOP_BY_HOP_RESPONSE = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'upgrade',
  'proxy-authenticate',
])

/** Headers of other gateways that Weir understands; they mean nothing to a provider. */
const ALIASES = /^(?:helicone-|cf-aig-|x-portkey-(?:metadata|trace-id)$|x-litellm-|x-bf-(?:session-id|dim-))/

/** Calls `each` for every pair. */
export function forEachHeader(
  raw: readonly string[],
  each: (lowerName: string, value: string, index: number) => void,
): void {
  for (let i = 0; i < raw.length; i += 2) each(raw[i]!.toLowerCase(), raw[i + 1]!, i)
}

/** Names that the `connection` header declares hop-by-hop. */
function namedInConnection(raw: readonly string[]): Set<string> | null {
  let named: Set<string> | null = null
  forEachHeader(raw, (name, value) => {
    if (name !== 'connection') return
    for (const token of value.split(',')) (named ??= new Set()).add(token.trim().toLowerCase())
  })
  return named
}

export interface ForwardOptions {
  /** `host[:port]` of the upstream. */
  host: string
  /** The body is held whole. */
  whole: boolean
  /** Lower-case header names to leave out (a Weir key's place). */
  drop: readonly string[]
  /** Replaces or adds these. */
  set: readonly (readonly [name: string, value: string])[]
}

/** The request headers as they go upstream. Of a body held whole undici sets the length itself, from the bytes that really go. */
export function toUpstreamHeaders(raw: readonly string[], { host, whole, drop, set }: ForwardOptions): string[] {
  const named = namedInConnection(raw)
  const replaced = set.map(([name]) => name.toLowerCase())
  const out: string[] = ['host', host]
  forEachHeader(raw, (name, value, i) => {
    if (name === 'host' || HOP_BY_HOP.has(name) || named?.has(name)) return
    if (whole && name === 'content-length') return
    if (name.startsWith('x-weir-') || drop.includes(name) || replaced.includes(name)) return
    if (ALIASES.test(name)) return
    out.push(raw[i]!, value)
  })
  for (const [name, value] of set) out.push(name, value)
  return out
}

/** Names of other gateways' headers in a request, to be noted under `changes`. */
export function aliasesIn(raw: readonly string[]): string[] {
  const found: string[] = []
  forEachHeader(raw, (name) => {
    if (ALIASES.test(name)) found.push(name)
  })
  return found
}

/** The answer's headers as the client gets them, before Weir adds its own. */
export function toClientHeaders(raw: readonly string[]): string[] {
  const named = namedInConnection(raw)
  const out: string[] = []
  forEachHeader(raw, (name, value, i) => {
    // Of a Weir behind this one only the answer passes: two call ids would help nobody.
    if (HOP_BY_HOP_RESPONSE.has(name) || named?.has(name) || name.startsWith('x-weir-')) return
    out.push(raw[i]!, value)
  })
  return out
}

export const fromBuffers = (raw: readonly (Buffer | string)[]): string[] =>
  raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')))

/** First value of a header in a raw list; null when absent. */
export function headerOf(raw: readonly string[], lowerName: string): string | null {
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length === lowerName.length && raw[i]!.toLowerCase() === lowerName) return raw[i + 1]!
  }
  return null
}

/** What Weir adds to every answer; `Server-Timing` counts until the headers, totals stand on the row. */
export function ownHeaders(
  call: {
    id: string
    upstream: { name: string } | null
    route: unknown
    attempts: readonly unknown[]
    hint: string | null
    cache: { state: string } | null
    loop: string | null
    reservation: { near: string | null } | null
  },
  weirMs: number,
  upstreamMs: number | null,
): string[] {
  const headers = ['x-weir-call-id', call.id]
  // Of a route only a target that was tried is one.
  if (call.upstream && (call.route === null || call.attempts.length > 0))
    headers.push('x-weir-target', call.upstream.name)
  headers.push('x-weir-attempts', String(call.attempts.length))
  headers.push(
    'server-timing',
    `weir;dur=${weirMs.toFixed(2)}${upstreamMs === null ? '' : `, upstream;dur=${upstreamMs.toFixed(2)}`}`,
  )
  if (call.cache) headers.push('x-weir-cache', call.cache.state)
  if (call.loop) headers.push('x-weir-loop', call.loop)
  if (call.hint) headers.push('x-weir-hint', call.hint)
  if (call.reservation?.near) headers.push('x-weir-limit', call.reservation.near)
  return headers
}
