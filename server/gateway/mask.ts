/**
 * Credentials never reach the disk: they are masked when the journal's `start` and `attempt` are made, in every place where a
 * client or provider may put one. What is left is enough to recognise a credential by: its scheme and last four characters.
 */
import { createHmac } from 'node:crypto'
import { forEachHeader } from './headers.ts'

/** Headers whose whole value is a secret. */
const SECRET_HEADER = /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|api-key|x-goog-api-key|x-weir-key|helicone-auth|cf-aig-authorization|ocp-apim-subscription-key|sec-websocket-protocol)$|(?:token|secret|password|signature|credential)$|-(?:api-?)?key$/
/** Parts of a query whose value is a secret. */
const SECRET_PARAMETER = /([?&](?:key|api[-_]?key|access_token|token|sig|signature|x-amz-(?:signature|credential|security-token))=)([^&#]*)/gi

/** `••••a2e1` keeps the last four characters of long secrets, nothing of short ones. */
export const maskSecret = (secret: string): string => (secret.length >= 16 ? `••••${secret.slice(-4)}` : '••••')

/** A copy of a raw header list that may be kept. Names, order and duplicates stay. */
export function maskHeaders(raw: readonly string[]): string[] {
  const out = raw.slice()
  forEachHeader(raw, (name, value, i) => {
    if (SECRET_HEADER.test(name) && !isHarmless(name)) out[i + 1] = maskValue(name, value)
  })
  return out
}

/** Names that end like a secret and are none. */
const isHarmless = (name: string) => name === 'idempotency-key' || name === 'x-idempotency-key' || name === 'sec-websocket-key'

function maskValue(name: string, value: string): string {
  if (name === 'cookie' || name === 'set-cookie') return value.replace(/=[^;]*/, '=••••')
  if (name === 'sec-websocket-protocol') return value.split(/,\s*/).map(maskProtocol).join(', ')
  const scheme = /^(Bearer|Basic|AWS4-HMAC-SHA256)\s+/i.exec(value)
  return scheme ? `${scheme[0]}${maskSecret(value.slice(scheme[0].length))}` : maskSecret(value)
}

/** `openai-insecure-api-key.sk-…` is how browsers hand a key to a WebSocket. */
const maskProtocol = (item: string) => {
  const key = /^(openai-insecure-api-key\.|openai-ephemeral-user-\w+\.)(.+)$/.exec(item)
  if (key) return `${key[1]}${maskSecret(key[2]!)}`
  return /^(?:sk-|wk_|ek_)/.test(item) ? maskSecret(item) : item
}

/** A request target that may be kept. */
export const maskTarget = (target: string): string =>
  target.includes('?') ? target.replace(SECRET_PARAMETER, (_, name: string, value: string) => name + maskSecret(value)) : target

/** Where a client put its credential. */
export interface Presented {
  value: string
  /** `header NAME`, `query NAME` or `protocol`. */
  header: string | null
  parameter: string | null
}

const KEY_PARAMETER = /[?&](key|api-key|api_key)=([^&#]*)/i

/** The provider credential (or Weir key in its place) that a request shows; null when it shows none. */
export function presentedCredential(raw: readonly string[], target: string): Presented | null {
  let found: Presented | null = null
  forEachHeader(raw, (name, value) => {
    if (found) return
    if (name === 'authorization') found = { value: value.replace(/^Bearer\s+/i, ''), header: name, parameter: null }
    else if (name === 'x-api-key' || name === 'api-key' || name === 'x-goog-api-key') found = { value, header: name, parameter: null }
    else if (name === 'sec-websocket-protocol') {
      const key = /openai-insecure-api-key\.([^,\s]+)|(?:^|[,\s])(wk_[^,\s]+)/.exec(value)
      if (key) found = { value: key[1] ?? key[2]!, header: name, parameter: null }
    }
  })
  if (found || !target.includes('?')) return found
  const query = KEY_PARAMETER.exec(target)
  return query ? { value: query[2]!, header: null, parameter: query[1]! } : null
}

/** Names a credential without giving it away: `3f9c1b…a2e1`. The secret is the data folder's own, so names differ between installations. */
export function createCredentialName(secret: Buffer): (credential: string) => string {
  const known = new Map<string, string>()
  return (credential) => {
    let name = known.get(credential)
    if (name === undefined) {
      name = `${createHmac('sha256', secret).update(credential).digest('hex').slice(0, 12)}…${credential.length >= 16 ? credential.slice(-4) : ''}`
      if (known.size >= 10_000) known.clear()
      known.set(credential, name)
    }
    return name
  }
}
