/**
 * `disconnect.maxCost`: how much of an answer may be read on when its client has left, by what a token costs. A bound must not be
 * passed, so where nobody knows it errs on the cheap side: what cannot be priced is not read on, and a stream may end too soon.
 */
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import { bytesOf, BYTES_A_TOKEN, toModels } from './reserve.ts'

/** Fewest bytes of a stream that hold a token. With most providers it is many times that. */
const STREAM_BYTES_A_TOKEN = 32

/** Bytes of the whole answer. Infinity: the request's own max_tokens keeps it within the bound, or it costs nothing. Never rejects. */
export async function bytesWithin(maxNano: number, call: LiveCall, gateway: Gateway): Promise<number> {
  const [model] = call.provider ? toModels(call.provider, call.model, call.billing) : []
  if (!model) return 0
  if (model.free) return Number.POSITIVE_INFINITY
  const price = await gateway.priceOf(model).catch(() => null)
  if (price === null) return 0
  const left = maxNano - (bytesOf(call) / BYTES_A_TOKEN) * price.input
  const most = call.maxOutput === null ? Number.POSITIVE_INFINITY : call.maxOutput * price.output
  if (left >= most || (left >= 0 && price.output === 0)) return Number.POSITIVE_INFINITY
  return Math.max(0, (left / price.output) * (call.stream === true ? STREAM_BYTES_A_TOKEN : BYTES_A_TOKEN))
}
