/**
 * Credentials never reach the disk: they are masked when the journal's `start` and `attempt` are made, in every place where a
 * client or provider may put one. What is left is enough to recognise a credential by: its scheme and last four characters.
 */
import { createHmac } from 'node:crypto'
import { isSecretHeader } from '../secret-header.ts'
import { forEachHeader } from './headers.ts'

/** Values that give themselves away, whatever their header is called. */
const SECRET_VALUE = /^(?:Bearer\s|Basic\s|sk-|wk_|wa_|AKIA|eyJ|xox[abp]-|gh[pousr]_)/
/** Headers with an address in them, whose query may hold a signature. */
const ADDRESS_HEADER = /^(?:location|content-location|referer|x-forwarded-uri|x-original-url)$/
/** A parameter of a query whose value is a secret; its name may be percent-encoded. */
const SECRET_PARAMETER =
  /^(?:key|api[-_]?key|access[-_]token|token|sig|signature|code|password|secret|auth|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential))$/i

/** `••••a2e1` keeps the last four characters of long secrets, nothing of short ones. */
export const maskSecret = (secret: string): string => (secret.length >= 16 ? `••••${secret.slice(-4)}` : '••••')

/** A copy of a raw header list that may be kept. Names, order and duplicates stay. */
export function maskHeaders(raw: readonly string[]): string[] {
  const out = raw.slice()
  forEachHeader(raw, (name, value, i) => {
    if (ADDRESS_HEADER.test(name)) out[i + 1] = maskTarget(value)
    else if (isSecretHeader(name) || SECRET_VALUE.test(value)) out[i + 1] = maskValue(name, value)
  })
  return out
}

function maskValue(name: string, value: string): string {
  if (name === 'cookie') return value.replace(/=[^;]*/g, '=••••')
  // Of a set-cookie only the first pair is the cookie; the rest says how long and where.
  if (name === 'set-cookie') return value.replace(/=[^;]*/, '=••••')
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

/** A request target (or address) that may be kept. */
export const maskTarget = (target: string): string =>
  target.includes('?')
    ? target.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, lead: string, name: string, value: string) =>
        SECRET_PARAMETER.test(decodeName(name)) ? `${lead}${name}=${maskSecret(value)}` : whole,
      )
    : target

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** A credential that a request shows, and where. */
export interface Presented {
  value: string
  /** Lower-case header name, when it stands in a header. */
  header: string | null
  /** Name as written, when it stands in the query. */
  parameter: string | null
}

const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'])

/** Every place where a client may put its provider's credential, or a Weir key; some clients fill two at once. */
export function presentedCredentials(raw: readonly string[], target: string): Presented[] {
  const found: Presented[] = []
  forEachHeader(raw, (name, value) => {
    if (name === 'authorization') found.push({ value: value.replace(/^Bearer\s+/i, ''), header: name, parameter: null })
    else if (CREDENTIAL_HEADERS.has(name)) found.push({ value, header: name, parameter: null })
    else if (name === 'sec-websocket-protocol') {
      for (const [, key, own] of value.matchAll(/openai-insecure-api-key\.([^,\s]+)|(?:^|[,\s])(w[ka]_[^,\s]+)/g)) {
        found.push({ value: (key ?? own)!, header: name, parameter: null })
      }
    }
  })
  if (!target.includes('?')) return found
  for (const [, parameter, value] of target.matchAll(/[?&](key|api-key|api_key)=([^&#]*)/gi))
    found.push({ value: value!, header: null, parameter: parameter! })
  return found
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
