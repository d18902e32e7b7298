/**
 * Limits and budgets, before a byte goes upstream: takes of each that concerns the call, or of none and refuses it. What was taken is an
 * estimate until the recorder has stored the call. Housekeeping (model lists, token counts) is neither counted nor refused.
 */
import type { Billing } from '../call.ts'
import type { Ask, Reservation } from '../policy/limits/ledger.ts'
import { placeInHeaders } from '../dialects/attribution.ts'
import { isCountedMethod } from '../policy/limits/counted.ts'
import type { Model } from '../policy/limits/price-book.ts'
import type { Provider } from '../providers/provider.ts'
import { createCallId } from './call-id.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'

/** Text has about as many bytes a token; media and compressed bodies have not, and are set right when the call is settled. */
export const BYTES_A_TOKEN = 4

/** The one question where nothing is limited. */
export const isLimited = (call: LiveCall, gateway: Gateway): boolean =>
  gateway.ledger.active || (call.weirKey !== null && call.weirKey.limits.length > 0)

/** @throws WeirError `rate_limited`, `budget_spent`, `unpriced` */
export async function reserve(call: LiveCall, gateway: Gateway, bytes = bytesOf(call)): Promise<void> {
  if (!isCounted(call)) return
  const taken = gateway.ledger.reserve(toAsk(call, bytes, gateway))
  call.reservation = taken instanceof Promise ? await taken : taken
}

/** For a second try beside the first, which takes of all limits like a call of its own. @throws as `reserve` */
export async function reserveAgain(call: LiveCall, gateway: Gateway): Promise<Reservation | null> {
  if (!isLimited(call, gateway) || !isCounted(call)) return null
  return gateway.ledger.reserve({ ...toAsk(call, bytesOf(call), gateway), callId: createCallId() })
}

/** The same for what is going on already (a response that the provider began by itself): counted, never refused. */
export function countOnly(call: LiveCall, gateway: Gateway): void {
  if (isCounted(call)) call.reservation = gateway.ledger.count(toAsk(call, 0, gateway))
}

const isCounted = (call: LiveCall): boolean =>
  call.provider !== null && call.operation?.auxiliary !== true && isCountedMethod(call.method)

export const bytesOf = ({ body }: LiveCall): number => (body.kind === 'whole' ? body.bytes.length : 0)

const NOWHERE = { session: null, lane: null }

function toAsk(call: LiveCall, bytes: number, gateway: Gateway): Ask {
  const { caller, weirKey } = call
  const place = gateway.ledger.byPlace ? placeInHeaders(call.incoming.rawHeaders, caller.session) : NOWHERE
  return {
    callId: call.id,
    startedAt: call.startedAt,
    key: caller.key,
    team: caller.team,
    user: caller.user,
    tags: caller.tags,
    route: call.route && call.route.name,
    model: call.model,
    provider: call.provider!.name,
    sessionId: place.session,
    lane: place.lane,
    keyLimits: weirKey && weirKey.limits,
    inputTokens: Math.ceil(bytes / BYTES_A_TOKEN),
    maxOutput: call.maxOutput,
    models: modelsOf(call),
    headers: call.dialect?.name === 'anthropic-messages' ? 'anthropic' : 'openai',
  }
}

/** Wherever the call may go: the dearest of them counts until its true cost is known. */
function modelsOf(call: LiveCall): Model[] {
  const { route } = call
  if (route === null) return toModels(call.provider!, call.model, call.billing)
  return route.targets.flatMap(({ provider, model }) => toModels(provider, model ?? route.model ?? call.model, null))
}

export function toModels(provider: Provider, model: string | null, billing: Billing | null): Model[] {
  const free = provider.local || (billing ?? provider.billing) !== 'metered'
  return model === null ? [] : [{ provider: provider.name, priceId: provider.priceId, model, free }]
}
