/**
 * Which hosts a `baseUrl` may name. A client never chooses a host, so this guards against a configuration that was written,
 * templated or pasted wrongly: the addresses where clouds hand out credentials, and addresses in disguise (decimal, hex,
 * octal, IPv4 inside IPv6, wildcard DNS), are refused unless `allowPrivate` is set. Loopback and private ranges that are
 * written plainly pass: that is where local models live, and whoever writes weir.yaml owns the machine.
 * A name can still resolve to anything later (rebinding): the connection's look-up asks `refusedAddress` again.
 */
import { BlockList, isIP, isIPv6 } from 'node:net'

/** Link-local and the fixed metadata addresses of AWS (v6), Alibaba, Azure and Oracle; addresses that are no host at all. */
const METADATA: readonly [string, number, 'ipv4' | 'ipv6'][] = [
  ['169.254.0.0', 16, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  ['0.0.0.0', 8, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
  ['fd20:ce::254', 128, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['::', 128, 'ipv6'],
]
const METADATA_NAMES = /^(metadata|metadata\.google\.internal|instance-data(\.[a-z0-9-]+)*\.internal|instance-data)$/

const createRefused = () => {
  const list = new BlockList()
  for (const [network, prefix, family] of METADATA) list.addSubnet(network, prefix, family)
  return list
}

/** `::ffff:169.254.169.254`, `64:ff9b::a9fe:a9fe` and `2002:a9fe:a9fe::` → the IPv4 address within; null: there is none. */
const embeddedIPv4 = (address: string): string | null => {
  if (!isIPv6(address)) return null
  const host = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const pair =
    /^::(?:ffff:(?:0:)?)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host) ??
    /^64:ff9b::([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host) ??
    /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/.exec(host)
  if (!pair) return null
  const [high, low] = [Number.parseInt(pair[1]!, 16), Number.parseInt(pair[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** True for an IP address that no provider lives at: metadata services, link-local, unspecified, multicast. */
export const refusedAddress = (ip: string): boolean => {
  const plain = ip.replace(/%.*$/, '')
  const family = isIP(plain)
  if (family === 0) return false
  const inner = embeddedIPv4(plain)
  return createRefused().check(plain, family === 6 ? 'ipv6' : 'ipv4') || (inner !== null && refusedAddress(inner))
}

/** Why this base URL may not be used, in words that name the way out; null: it may. */
export const baseUrlProblem = (baseUrl: string, allowPrivate: boolean): string | null => {
  const url = URL.parse(baseUrl)
  const shown = baseUrl.replace(/\/\/[^/]*@/, '//…@')
  if (!url) return `"${shown}" is not a URL: write it as https://host or http://host:port/path`
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `"${shown}" must begin with http:// or https://`
  if (url.username || url.password) return 'a base URL carries no user name or password: use apiKey or headers'
  if (url.search || url.hash) return `"${shown}" must end with its path: no ? and no #`
  return allowPrivate ? null : hostProblem(baseUrl, url)
}

const hostProblem = (text: string, url: URL): string | null => {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const wayOut = 'If that is meant, set allowPrivate: true on this provider.'
  if (refusedAddress(host) || METADATA_NAMES.test(host))
    return `${host} is an address where clouds hand out credentials, or no host at all. ${wayOut}`
  const written = /^[a-z]+:[\\/]*([^\\/]*)/i.exec(text.trim())?.[1]?.replace(/:\d*$/, '') ?? ''
  if (isIP(host) === 4 && written !== host)
    return `"${written}" is ${host} in disguise: write the address plainly. ${wayOut}`
  if (isIPv6(host) && embeddedIPv4(host) && host !== '::1')
    return `"${written}" hides the address ${embeddedIPv4(host)}: write it plainly. ${wayOut}`
  const quad = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?:[.-]|$)/.exec(host)
  if (isIP(host) === 0 && quad && refusedAddress(quad.slice(1).join('.')))
    return `the name ${host} leads to ${quad.slice(1).join('.')}, where clouds hand out credentials. ${wayOut}`
  return null
}
