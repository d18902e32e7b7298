/**
 * Who calls, read from headers and base URL alone: the Weir key or the provider credential, user, session, tags, and how much
 * of the content may be kept. The aliases of other gateways are understood, so that people can move without a code change.
 */
import type { Capture } from '../call.ts'
import { attributeHeaders } from '../dialects/attribution.ts'
import { WeirError } from '../errors.ts'
import type { KeyInForce } from '../policy/key.ts'
import { SECRET_PREFIX } from '../policy/key-prefix.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import { presentedCredentials } from './mask.ts'

export function readCaller(call: LiveCall, gateway: Gateway): void {
  const raw = call.incoming.rawHeaders
  const said = attributeHeaders(raw, call.address?.tags ?? {})
  call.caller = {
    key: null,
    team: said.team,
    user: said.user,
    tags: said.tags,
    session: said.session,
    parent: said.parent,
    credential: null,
    trusted: false,
    keyHeaders: [],
    keyParameters: [],
  }
  checkCapture(raw)
  call.capture = strictest(
    call.rules.config.capture.bodies,
    call.provider ? call.rules.config.providers[call.provider.name]?.capture : undefined,
    said.capture,
  )
  readCredential(call, gateway)
}

/** Weir keys come in `x-weir-key`, or wherever a client puts its provider key. Anything else that is shown is the provider's. */
function readCredential(call: LiveCall, gateway: Gateway): void {
  const { caller } = call
  const own = headerOf(call.incoming.rawHeaders, 'x-weir-key')
  if (own !== null && !isOurs(call, gateway, own))
    throw new WeirError(
      'key_invalid',
      'The key in x-weir-key is not a key of this Weir: those begin with wk_. `weir key create NAME` makes one.',
    )
  for (const shown of presentedCredentials(call.incoming.rawHeaders, call.target)) {
    // Clients without a key of their own send an empty header.
    if (/^(?:Bearer)?\s*$/i.test(shown.value)) continue
    if (isOurs(call, gateway, shown.value)) {
      if (shown.header) caller.keyHeaders.push(shown.header)
      if (shown.parameter) caller.keyParameters.push(shown.parameter)
    } else if (caller.credential === null) {
      caller.credential = gateway.nameCredential(shown.value)
      if (shown.value.startsWith('sk-ant-oat')) call.billing = 'subscription'
    }
  }
}

/** A Weir key or the admin token; whoever shows several counts as the first, `x-weir-key` before all. @throws key_invalid */
function isOurs(call: LiveCall, gateway: Gateway, shown: string): boolean {
  const { caller } = call
  const looksLikeKey = shown.startsWith(SECRET_PREFIX)
  const key = looksLikeKey ? findKey(gateway, shown) : null
  if (!looksLikeKey && !gateway.isAdminToken(shown)) return false
  if (caller.key !== null) return true
  caller.trusted = call.rules.config.keys.credentials === 'any'
  if (key) identifyBy(call, key)
  else caller.key = 'admin'
  return true
}

function findKey(gateway: Gateway, secret: string): KeyInForce {
  const key = gateway.keys.find(secret)
  if (key) return key
  if (gateway.keys.problem)
    throw new WeirError('keys_unavailable', `${gateway.keys.problem} Try again in a moment.`, {
      headers: { 'retry-after': '1' },
    })
  throw new WeirError('key_invalid', gateway.keys.whyNot(secret))
}

/** What the key says of its calls wins over what their headers say: a holder cannot spend in another team's name. */
function identifyBy(call: LiveCall, key: KeyInForce): void {
  const { caller } = call
  call.weirKey = key
  caller.key = key.name
  caller.team = key.team ?? caller.team
  // First, too: the number of tags is bounded later on.
  if (key.hasTags) caller.tags = { ...key.tags, ...caller.tags, ...key.tags }
  if (key.capture !== null) call.capture = strictest(call.capture, key.capture)
}

/** The stored keys may still be on their way from the database, just after the start. */
export const mustAwaitKeys = (call: LiveCall, gateway: Gateway): boolean =>
  gateway.keys.reading !== null &&
  (headerOf(call.incoming.rawHeaders, 'x-weir-key') !== null ||
    presentedCredentials(call.incoming.rawHeaders, call.target).some(({ value }) => value.startsWith(SECRET_PREFIX)))

/** A wish for privacy that cannot be read must not fail open. */
function checkCapture(raw: readonly string[]): void {
  const wish = headerOf(raw, 'x-weir-capture')
  if (wish !== null && !(STRICTNESS as string[]).includes(wish.toLowerCase())) {
    throw new WeirError(
      'bad_request',
      `x-weir-capture is "${wish}", which Weir does not know. Write full, metadata or off.`,
    )
  }
}

const STRICTNESS: Capture[] = ['full', 'metadata', 'off']

const strictest = (...wishes: (Capture | null | undefined)[]): Capture =>
  STRICTNESS[Math.max(0, ...wishes.map((wish) => (wish ? STRICTNESS.indexOf(wish) : 0)))]!
