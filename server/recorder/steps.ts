/** The steps of a record, made from the settings in force: which dialect, whose call, how many tokens, what price. */
import { attributeCall } from '../dialects/attribution.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectByName } from '../dialects/registry.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { createPricer, type Pricer } from '../prices/pricer.ts'
import { createCount } from './count.ts'
import type { Decoded } from './decode.ts'
import type { ProviderFacts, RecorderOptions } from './messages.ts'
import { createRecord, type Recorder } from './record.ts'
import type { Counted, Owner, Priced } from './to-call.ts'

/** Operations whose answer a model wrote to a prompt. */
const GENERATIONS = new Set(['chat', 'completions', 'responses', 'compact'])
/** A body may have four times the capture limit when it is decompressed. */
const INFLATE = 4

export interface Steps extends Recorder {
  /** Holds for calls recorded from now on. */
  set(settings: Pick<RecorderOptions, 'prices' | 'providers' | 'capture'>): void
  /** True when rows that were made since the last time should be made again: a tokenizer that they needed is there now. */
  load(): Promise<boolean>
}

interface Settings {
  pricer: Pricer
  providers: Map<string, ProviderFacts>
  captureLimit: number
}

/** `dialect`: another registry, for tests. */
export const createSteps = (
  options: Pick<RecorderOptions, 'prices' | 'providers' | 'capture'>,
  dialect: (name: string) => Dialect = dialectByName,
): Steps => {
  let settings = toSettings(options)
  const { count, load } = createCount()
  const record = createRecord({
    dialect: (name) => (name === null ? null : dialect(name)),
    count,
    price: (call, decoded, counted) => price(settings, call, decoded, counted),
    attribute,
    captureLimit: () => settings.captureLimit,
    maxOutput: () => INFLATE * settings.captureLimit,
  })
  return { ...record, load, set: (next) => void (settings = toSettings(next)) }
}

const toSettings = ({
  prices,
  providers,
  capture,
}: Pick<RecorderOptions, 'prices' | 'providers' | 'capture'>): Settings => ({
  pricer: createPricer(prices),
  providers: new Map(providers.map((facts) => [facts.name, facts])),
  captureLimit: capture.maxBytes,
})

function price(
  { pricer, providers }: Settings,
  { start }: JournaledCall,
  decoded: Decoded,
  { usage }: Counted,
): Priced {
  const facts = providers.get(start.provider ?? '')
  return pricer.price({
    priceId: facts?.priceId ?? null,
    provider: start.provider ?? '',
    model: start.model ?? decoded.request?.model ?? null,
    responseModel: decoded.answer?.model ?? null,
    usage,
    at: start.startedAt,
    billing: start.billing ?? facts?.billing ?? 'metered',
    local: facts?.local ?? false,
    serviceTier: decoded.answer?.serviceTier ?? null,
    reportedCostNano: decoded.answer?.reportedCostNano ?? null,
    generates: GENERATIONS.has(start.operation ?? ''),
  })
}

/** Tags that stand in the body are content: below `full` only what the headers say is kept, and the ids that bind a session. */
function attribute({ start, attempts }: JournaledCall, { request }: Decoded): Owner {
  const { session, ...owner } = attributeCall({
    requestHeaders: start.headers,
    responseHeaders: attempts.at(-1)?.headers ?? null,
    request: request && start.capture !== 'full' ? { ...request, metadata: {} } : request,
    known: { session: start.session, parent: start.parent, user: start.user, tags: start.tags },
  })
  return { ...owner, sessionId: session?.id ?? null, sessionSource: session?.source ?? null }
}
