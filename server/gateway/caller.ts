/**
 * Who calls, read from headers and base URL alone: the Weir key or the provider credential, user, session, tags, and how much
 * of the content may be kept. The aliases of other gateways are understood, so that people can move without a code change.
 */
import type { Capture } from '../call.ts'
import { attributeHeaders } from '../dialects/attribution.ts'
import { WeirError } from '../errors.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { Caller, LiveCall } from './live.ts'
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
  if (own !== null) {
    if (!gateway.isWeirKey(own))
      throw new WeirError(
        'key_invalid',
        'The key in x-weir-key is not a key of this Weir. Until keys can be made, only the admin token is one: `weir admin token --new` prints a fresh one.',
      )
    trust(caller)
  }
  for (const shown of presentedCredentials(call.incoming.rawHeaders, call.target)) {
    if (gateway.isWeirKey(shown.value)) {
      trust(caller)
      if (shown.header) caller.keyHeaders.push(shown.header)
      if (shown.parameter) caller.keyParameters.push(shown.parameter)
    } else if (shown.value.startsWith('wk_')) {
      throw new WeirError(
        'key_invalid',
        `The Weir key ending in …${shown.value.slice(-4)} is not known here. It may have been revoked, or belong to another Weir.`,
      )
    } else if (caller.credential === null) {
      caller.credential = gateway.nameCredential(shown.value)
      if (shown.value.startsWith('sk-ant-oat')) call.billing = 'subscription'
    }
  }
}

function trust(caller: Caller): void {
  caller.trusted = true
  caller.key = 'admin'
}

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
