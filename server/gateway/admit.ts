/** May this call go on? Decided before a byte goes upstream: who may use Weir at all, and whose credential pays. */
import { WeirError } from '../errors.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import { checkPlace, checkRights } from './rights.ts'

/** What headers and address alone can decide; for a native address that is before one byte of the body is read. */
export function checkAccess(call: LiveCall): void {
  const { caller, provider, weirKey } = call
  if (call.rules.config.keys.unknown === 'refuse' && caller.key === null) {
    throw new WeirError(
      'key_invalid',
      'This Weir serves only calls with a Weir key (keys.unknown: refuse). Send one in x-weir-key, or where the provider key would go.',
    )
  }
  if (weirKey !== null) checkPlace(call, weirKey)
  if (!provider) return
  refuseForeignSignature(call)
  const holdsCredential = provider.apiKey !== null || Object.keys(provider.secretHeaders).length > 0
  if (holdsCredential && caller.credential === null && !caller.trusted && !isHarmless(call)) {
    throw new WeirError(
      'credential_required',
      call.rules.config.keys.credentials === 'client'
        ? `This Weir lends its credentials to nobody (keys.credentials: client). Send a ${provider.name} key of your own; a Weir key goes into x-weir-key beside it.`
        : `The credential that Weir holds for ${provider.name} is used only for calls with a valid Weir key. Send one in x-weir-key, or send a ${provider.name} key of your own.`,
    )
  }
}

export function admit(call: LiveCall, gateway: Gateway): void {
  const { provider } = call
  checkAccess(call)
  if (call.weirKey !== null) checkRights(call, call.weirKey)
  if (!provider) return
  takeOutKeys(call)
  // Of a route each try has a provider and a credential of its own: see prepare.ts.
  if (call.route !== null) return
  useOwnCredential(call, gateway)
  addHeaders(call, provider.headers, 'providers.' + provider.name + '.headers')
  if (call.caller.trusted)
    addHeaders(call, provider.secretHeaders, 'providers.' + provider.name + '.headers, for a valid Weir key')
}

/** A response over a WebSocket is a call of its own: the key may have ended since the handshake, and the model is known only now. */
export function admitTurn(call: LiveCall, gateway: Gateway): void {
  const key = call.weirKey!
  if (!gateway.keys.stillGood(key))
    throw new WeirError(
      'key_invalid',
      `The Weir key "${key.name}" has expired or was revoked since this WebSocket was opened.`,
    )
  checkRights(call, key)
}

function addHeaders(call: LiveCall, headers: Readonly<Record<string, string>>, why: string): void {
  const names = Object.keys(headers)
  if (names.length === 0) return
  for (const name of names) call.setHeaders.push([name, headers[name]!])
  call.changes.push({ what: `headers set: ${names.join(', ')}`, why })
}

/** A Weir key is for Weir: it goes no further, in whatever place it came. */
function takeOutKeys(call: LiveCall): void {
  const { keyHeaders, keyParameters } = call.caller
  if (keyHeaders.length + keyParameters.length === 0) return
  call.dropHeaders.push(...keyHeaders)
  if (keyHeaders.includes('sec-websocket-protocol')) keepOtherProtocols(call)
  const places = [...keyHeaders, ...keyParameters.map((name) => `?${name}=`)].join(', ')
  call.changes.push({ what: `Weir key taken out of ${places}`, why: 'it is a key of Weir, not of the provider' })
}

function keepOtherProtocols(call: LiveCall): void {
  const offered = headerOf(call.incoming.rawHeaders, 'sec-websocket-protocol')!.split(/,\s*/)
  const kept = offered.filter((item) => !/^(?:openai-insecure-api-key\.)?w[ka]_/.test(item))
  if (kept.length > 0) call.setHeaders.push(['sec-websocket-protocol', kept.join(', ')])
}

/** A Weir key stands in for the provider's credential; without one, a client must bring its own: Weir is no open relay. */
function useOwnCredential(call: LiveCall, gateway: Gateway): void {
  const { caller } = call
  const provider = call.provider!
  if (caller.credential !== null) return
  if (caller.trusted && provider.apiKey === null && provider.locked !== null && !isHarmless(call))
    throw new WeirError('keys_unavailable', provider.locked, { headers: { 'x-should-retry': 'false' } })
  if (caller.trusted && provider.apiKey !== null) {
    const { header, prefix } = provider.credential
    call.dropHeaders.push('authorization', 'x-api-key', 'api-key', 'x-goog-api-key')
    call.setHeaders.push([header, prefix + provider.apiKey])
    call.changes.push({
      what: `${provider.name}'s credential put in place of the Weir key`,
      why: 'a valid Weir key was shown',
    })
    caller.credential = gateway.nameCredential(provider.apiKey)
  }
}

/** AWS signs the host, and Weir's host is not Amazon's: such a request can only fail there, in words that help nobody. */
function refuseForeignSignature(call: LiveCall): void {
  if (
    call.provider!.name !== 'bedrock' ||
    !headerOf(call.incoming.rawHeaders, 'authorization')?.startsWith('AWS4-HMAC-SHA256')
  )
    return
  throw new WeirError(
    'credential_required',
    'This request is signed for another host (AWS Signature V4 covers the host name), so Bedrock would refuse it. Use a Bedrock API key (AWS_BEARER_TOKEN_BEDROCK) instead: it passes through unchanged.',
  )
}

/** Health probes of clients (`HEAD /`) show no credential and need none. */
const isHarmless = (call: LiveCall) => call.incoming.method === 'HEAD' || call.incoming.method === 'OPTIONS'
