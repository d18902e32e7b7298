/**
 * Reads the raw request target: which provider, which path goes upstream, which tags stand in the base URL. It works on the
 * target exactly as received, before anything normalises it: what a router would fold (`/openai/../api`) must not slip through.
 */
import { RESERVED_SEGMENTS } from '../config/names.ts'
import { WeirError } from '../errors.ts'

/** First segments that are Weir's own and can never be a provider. */
const RESERVED = new Set([...RESERVED_SEGMENTS, ''])

export interface Address {
  /** Name in the path; null for Weir's own `/v1`, where the model picks the provider. */
  provider: string | null
  /** Path and query for the upstream, as received: everything after the provider's name, or after `/v1`. */
  rest: string
  /** Tags from `/t/name=value,…/`, decoded; `user`, `session`, `team`, `parent` among them have meanings of their own. */
  tags: Record<string, string>
}

/** True when the gateway must answer this target; false for dashboard, API and health. */
export function isGateway(target: string, basePath: string): boolean {
  // Absolute form and `*` are nobody's path: the gateway refuses them.
  if (!target.startsWith('/')) return true
  const path = stripBase(target, basePath)
  if (path === null) return false
  const first = firstSegment(path)
  return first === 'v1' || first === 't' || !RESERVED.has(first)
}

/** @throws WeirError `bad_target` for absolute form, dot segments (also percent-encoded) and malformed tags. */
export function readAddress(target: string, basePath: string): Address {
  if (!target.startsWith('/'))
    throw new WeirError(
      'bad_target',
      `The request target must be a path such as /openai/v1/…, not an absolute address.`,
    )
  const end = target.indexOf('?')
  const path = end < 0 ? target : target.slice(0, end)
  if (hasDotSegment(path))
    throw new WeirError(
      'bad_target',
      'The path has a "." or ".." segment. Send the path without it: Weir forwards paths exactly as they come and does not fold them.',
    )

  let rest = stripBase(target, basePath) ?? target
  const tags: Record<string, string> = {}
  if (firstSegment(rest) === 't') {
    const cut = rest.indexOf('/', 3)
    if (!rest.startsWith('/t/') || cut < 0)
      throw new WeirError(
        'bad_target',
        'Tags in the base URL look like /t/user=ann,team=search/openai/v1: a provider must follow them.',
      )
    readTags(rest.slice(3, cut), tags)
    rest = rest.slice(cut)
  }
  const first = firstSegment(rest)
  const after = rest.slice(1 + first.length)
  if (first === 'v1') return { provider: null, rest: after, tags }
  return { provider: first, rest: after, tags }
}

/** The target without `basePath`; null when it lies outside. */
export function stripBase(target: string, basePath: string): string | null {
  if (basePath === '') return target
  if (!target.startsWith(basePath)) return null
  const next = target[basePath.length]
  if (next === undefined || next === '?') return `/${target.slice(basePath.length)}`
  return next === '/' ? target.slice(basePath.length) : null
}

function firstSegment(path: string): string {
  const match = /^\/([^/?#]*)/.exec(path)
  return match ? match[1]! : ''
}

const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?=\/|$)/i
const hasDotSegment = (path: string) =>
  (path.includes('.') || path.includes('%2')) && DOT_SEGMENT.test(path.replaceAll('\\', '/'))

function readTags(text: string, tags: Record<string, string>): void {
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=')
    if (at < 1)
      throw new WeirError(
        'bad_target',
        `"${pair}" is not a tag. Tags in the base URL are name=value pairs with commas between them.`,
      )
    tags[decode(pair.slice(0, at))] = decode(pair.slice(at + 1))
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new WeirError('bad_target', `"${text}" in the base URL's tags is not valid percent-encoding.`)
  }
}
