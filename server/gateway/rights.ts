/**
 * What the key of a call allows: from where, which providers, models and routes. Patterns are compared with the model that was asked
 * for, with and without its provider before it. What cannot be seen is not allowed: a model in a place that Weir does not read would
 * be a way around the list.
 */
import { WeirError } from '../errors.ts'
import { originOf } from '../origin.ts'
import type { KeyInForce } from '../policy/key.ts'
import { matches } from '../prices/override.ts'
import type { LiveCall } from './live.ts'

/** Before the body is read: address, and the provider of a native path. */
export function checkPlace(call: LiveCall, key: KeyInForce): void {
  if (key.mayComeFrom !== null) {
    const { address } = originOf(call.incoming, call.rules.isTrustedProxy)
    if (!key.mayComeFrom(address)) throw notAllowed(key, `be used from ${address || 'an unknown address'}`, key.ips!)
  }
  if (call.provider && call.route === null) checkProvider(key, call.provider.name)
}

export function checkRights(call: LiveCall, key: KeyInForce): void {
  if (key.routes !== null) checkRoute(call, key, key.routes)
  if (call.route === null && call.provider) checkProvider(key, call.provider.name)
  if (key.models !== null && !isNamedRoute(call)) checkModel(call, key, key.models)
}

export const mayUseProvider = (key: KeyInForce | null, provider: string): boolean =>
  key === null || key.providers === null || key.providers.includes(provider)

function checkProvider(key: KeyInForce, provider: string): void {
  if (!mayUseProvider(key, provider)) throw notAllowed(key, `use the provider "${provider}"`, key.providers!)
}

function checkRoute(call: LiveCall, key: KeyInForce, routes: readonly string[]): void {
  if (call.route === null) {
    if (isHousekeeping(call)) return
    throw notAllowed(key, 'be used without a route', routes)
  }
  if (!routes.includes(call.route.name)) throw notAllowed(key, `use the route "${call.route.name}"`, routes)
}

/** A route's name stands in place of a model: then its targets are looked at one by one, see route.ts. */
const isNamedRoute = (call: LiveCall): boolean => call.route !== null && call.route.named

function checkModel(call: LiveCall, key: KeyInForce, patterns: readonly string[]): void {
  const path = modelInPath(call)
  if (call.model === null && path === null) {
    if (isHousekeeping(call)) return
    throw notAllowed(key, `be used for this call, in which Weir can read no model (${whyNoModel(call)})`, patterns)
  }
  // A provider that finds its model in the path does not care for what else the body may say.
  for (const model of [call.model, path])
    if (model !== null && !mayAsk(call, model, patterns)) throw notAllowed(key, `use the model "${model}"`, patterns)
}

const mayAsk = (call: LiveCall, model: string, patterns: readonly string[]): boolean => {
  const full = call.provider ? `${call.provider.name}/${model}` : model
  return patterns.some((pattern) => matches(pattern, model) || matches(pattern, full))
}

const modelInPath = (call: LiveCall): string | null =>
  call.provider?.recognise(call.incoming.method!, call.address!.rest.split('?', 1)[0]!)?.model ?? null

/** Calls that generate nothing, and need no model for what they do. */
const FREE: ReadonlySet<string> = new Set([
  'cancel',
  'containers',
  'conversations',
  'count_tokens',
  'files',
  'input_tokens',
  'models',
  'uploads',
  'vector_stores',
  // The responses over it are calls of their own.
  'websocket',
])

function isHousekeeping({ incoming, operation }: LiveCall): boolean {
  if (incoming.method === 'HEAD' || incoming.method === 'OPTIONS') return true
  if (!operation?.auxiliary) return false
  return incoming.method !== 'POST' || FREE.has(operation.name)
}

function whyNoModel(call: LiveCall): string {
  if (call.body.kind === 'stream') return 'its body is not JSON, or too large to be held'
  return call.body.kind === 'none' ? 'it has no body' : 'its body names none'
}

const SHOWN = 20

function notAllowed({ name }: KeyInForce, what: string, allowed: readonly string[]): WeirError {
  const more = allowed.length > SHOWN ? ` and ${allowed.length - SHOWN} more` : ''
  return new WeirError(
    'model_not_allowed',
    `The Weir key "${name}" may not ${what}. Allowed: ${allowed.slice(0, SHOWN).join(', ')}${more}. Whoever runs this Weir can change that under Keys.`,
  )
}
