/**
 * What a call cost, as a table a person can check with a pocket calculator: quantity × unit price = cost, a line for each bucket, and a
 * sentence for whatever is not plain: unpriced, partly priced, estimated, reported by the provider, covered by a subscription.
 */
import type { Bucket, Call, CostPart, Usage } from '../../../../server/call.ts'

export interface CostLine {
  bucket: Bucket
  label: string
  quantity: number
  /** Dollars per million tokens, or per single unit; null when no price is known. */
  price: number | null
  per: 'M' | 'unit'
  costNano: number | null
}

const LABELS: Record<Bucket, string> = {
  input: 'input',
  cacheRead: 'cache read',
  cacheWrite: 'cache write',
  cacheWrite1h: 'cache write 1 h',
  output: 'output',
  reasoning: 'reasoning',
  audioInput: 'audio in',
  audioCacheRead: 'audio cache read',
  audioOutput: 'audio out',
  imageInput: 'image in',
  imageOutput: 'image out',
  videoInput: 'video in',
  webSearches: 'web searches',
  seconds: 'seconds',
  characters: 'characters',
  images: 'images',
  requests: 'requests',
}
const UNITS = new Set<Bucket>(['webSearches', 'seconds', 'images', 'requests'])

const toLine = ({ bucket, quantity, unitNano, costNano }: CostPart): CostLine => {
  const per = UNITS.has(bucket) ? 'unit' : 'M'
  return {
    bucket,
    label: LABELS[bucket] ?? bucket,
    quantity,
    per,
    costNano,
    price: unitNano === null ? null : unitNano / (per === 'M' ? 1e3 : 1e9),
  }
}

const toParts = (usage: Usage | null): CostPart[] =>
  (Object.entries(usage ?? {}) as [Bucket, number | undefined][]).map(([bucket, quantity]) => ({
    bucket,
    quantity: quantity ?? 0,
    unitNano: null,
    costNano: null,
  }))

/** Priced parts where there are any, else the bare counts. Buckets that counted nothing are left out. */
export const toCostLines = (call: Call): CostLine[] =>
  (call.costParts?.length ? call.costParts : toParts(call.usage)).filter((p) => p.quantity !== 0).map(toLine)

export type Pricing = 'priced' | 'partly' | 'unpriced' | 'reported' | 'no_usage'

export const toPricing = (call: Call): Pricing => {
  const parts = call.costParts?.filter((p) => p.quantity !== 0) ?? []
  const known = parts.filter((p) => p.costNano !== null).length
  if (call.costNano !== null || call.listNano !== null) return known > 0 ? 'priced' : 'reported'
  if (known > 0) return 'partly'
  return call.usage === null ? 'no_usage' : 'unpriced'
}

/** The sum of what has a price, for a call that has no total. */
export const knownNano = (call: Call): number => (call.costParts ?? []).reduce((sum, p) => sum + (p.costNano ?? 0), 0)

const BILLING = {
  subscription: 'covered by a subscription',
  committed: 'covered by committed spend',
  free: 'free of charge',
}

/** Sentences under the table, in the order of their weight. */
export const toCostNotes = (call: Call): { text: string; warn: boolean }[] => {
  const notes: { text: string; warn: boolean }[] = []
  const pricing = toPricing(call)
  if (call.outcome === 'cache_hit')
    return [{ text: 'Nothing is billed: these tokens are those of the answer that was kept.', warn: false }]
  const model = call.responseModel ?? call.model ?? 'this model'
  if (pricing === 'unpriced')
    notes.push({
      text: `No price is known for ${call.pricedAs ?? model}. Give it one under prices: or aliases: in weir.yaml.`,
      warn: true,
    })
  if (pricing === 'partly')
    notes.push({ text: `Partly priced: ${missing(call)} has no price, so there is no total.`, warn: true })
  if (pricing === 'reported') notes.push({ text: 'As reported by the provider itself.', warn: false })
  if (call.billing !== 'metered' && pricing !== 'no_usage')
    notes.push({ text: `${capital(BILLING[call.billing])}: the lines show the list price.`, warn: false })
  if (call.usageSource === 'estimated')
    notes.push({
      text: 'Estimated with a tokenizer: the provider sent no counts. usage.inject asks for them.',
      warn: false,
    })
  if (call.usageSource === 'partial')
    notes.push({ text: 'The answer was cut: these are the last counts that came.', warn: true })
  if (pricing === 'no_usage' && call.outcome !== 'running')
    notes.push({ text: 'No token counts came with this answer.', warn: false })
  return notes
}

const missing = (call: Call) =>
  toCostLines(call)
    .filter((l) => l.costNano === null)
    .map((l) => l.label)
    .join(', ')

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1)
