/**
 * Where a request comes from: the peer, or what a trusted proxy says of it. Forwarding headers count only when the peer is in
 * `trustedProxies`; that they are there at all tells that the request is not a local person's own.
 */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

export interface RequestOrigin {
  /** Client address, as far as it can be known. */
  address: string
  scheme: 'http' | 'https'
  /** Host and port that the client addressed. */
  host: string
  /** Came through a proxy, trusted or not. */
  forwarded: boolean
}

const FORWARDING = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
] as const

export const originOf = (incoming: IncomingMessage, trusted: (address: string) => boolean): RequestOrigin => {
  const { headers, socket } = incoming
  const peer = socket.remoteAddress ?? ''
  const direct = { address: peer, scheme: 'http' as const, host: headers.host ?? '' }
  const forwarded = FORWARDING.some((name) => headers[name] !== undefined)
  if (!forwarded || !trusted(peer)) return { ...direct, forwarded }
  return {
    address: clientOf(first(headers['x-forwarded-for'], 'last'), trusted) ?? peer,
    scheme: first(headers['x-forwarded-proto']) === 'https' ? 'https' : 'http',
    host: first(headers['x-forwarded-host']) ?? direct.host,
    forwarded,
  }
}

/** Membership in a list of addresses and CIDR ranges; entries that are neither are passed over. */
export const createTrust = (entries: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(address) === 0) continue
    if (bits === undefined) list.addAddress(address, family)
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv6' ? 128 : 32))
      list.addSubnet(address, Number(bits), family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

export const isLoopbackAddress = (address: string): boolean => LOOPBACK.test(address)
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i

function first(value: string | string[] | undefined, which: 'first' | 'last' = 'first'): string | undefined {
  const joined = Array.isArray(value) ? value.join(',') : value
  return which === 'last' ? joined : joined?.split(',')[0]?.trim()
}

/** The nearest address that is not a trusted proxy: everything left of it is the client's own claim. */
function clientOf(chain: string | undefined, trusted: (address: string) => boolean): string | undefined {
  const hops = chain?.split(',').map((hop) => hop.trim()) ?? []
  return hops.findLast((hop) => isIP(hop) !== 0 && !trusted(hop)) ?? hops.find((hop) => isIP(hop) !== 0)
}

/** The name in `Host` without its port, in lower case; '' when it is no host at all. */
const nameOf = (host: string): string =>
  /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase() ?? ''

/** An attacker's own name may resolve to 127.0.0.1; these names cannot be an attacker's. */
export const isLocalName = (host: string, configured: string): boolean => {
  const name = nameOf(host)
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name.endsWith('.internal') ||
    isLoopbackAddress(name) ||
    name === configured.toLowerCase()
  )
}
