/**
 * Rollups as the recorder keeps them: the buckets that calls fall into now lie in memory, as they stand in the database; a batch
 * is folded in, and each touched row is written once with its new sums. That is sound because a row belongs to one writer. After a
 * failed write everything is forgotten and read again.
 *
 * What clients choose (models, users, tag values, apps) may take any number of values, so a bucket has room for a number of
 * combinations and folds what comes after into FOLDED: sums stay right, only their split is lost, and a mark says so.
 */
import type { CallRow, RollupRow } from '../tables.ts'
import { addTo, bucketOf, mergeBytes, toBytes } from './sketch.ts'
import type { Sketch } from './sketch.ts'
import { MEASURES, addCall, noMeasures } from './measures.ts'
import type { Measures } from './measures.ts'

export const MINUTE = 60_000
export const QUARTER = 900_000
/** Minutes are kept this long, and a bit, so that a range of "the last day" is whole. */
export const MINUTES_KEPT = 25 * 3600_000

/** Stands for all values that had no room. Not a value that a client can send: see toText. */
export const FOLDED = '\u0001folded'
/**
 * Two facets that every call is in, so that the commonest questions read few rows where keys, teams and apps make many: ALL
 * tells outcomes only, MODELS providers and models. (30 days of 200,000 calls: 15,000 rows instead of 170,000.)
 */
export const ALL = '*'
export const MODELS = 'model'
/** Facet of the marks that tell which facets of a bucket were folded; '' in `value` is the base. */
export const MARK = '\u0001mark'

/** Room in a bucket: first key and app are folded, then team and model too, last the provider. */
const BASE_ROOM = [400, 600, 1200] as const
/** Room of one facet: first its value is folded, then the model. */
const FACET_ROOM = [200, 300] as const
const FACETS_ROOM = 28
/** Buckets in memory. Long streams end in old buckets; more than these at once are rare and read again. */
const BUCKETS_KEPT = 24

type Dimensions = Pick<
  RollupRow,
  'facet' | 'value' | 'provider' | 'model' | 'asked' | 'key' | 'team' | 'app' | 'outcome' | 'auxiliary'
>

interface Entry {
  /** null: not in the database yet. */
  pk: number | null
  at: Bucket
  dimensions: Dimensions
  sums: Measures
  duration: Sketch
  firstToken: Sketch
}

interface Bucket {
  step: number
  start: number
  entries: Map<string, Entry>
  /** Rows by facet. */
  counts: Map<string, number>
}

export interface RollupsDeps {
  writer: string
  load(step: number, bucket: number): RollupRow[] | Promise<RollupRow[]>
  numbers(count: number): number[] | Promise<number[]>
  now(): number
}

export interface Rollups {
  /** Brings the buckets of these calls into memory. */
  prepare(rows: readonly CallRow[]): Promise<void>
  fold(row: CallRow, sign: 1 | -1): void
  /** The rows that changed since the last time, as they are to be written. */
  touched(): Promise<RollupRow[]>
  /** A write failed, or others wrote: trust nothing. */
  forget(): void
}

export const createRollups = ({ writer, load, numbers, now }: RollupsDeps): Rollups => {
  const buckets = new Map<string, Bucket>()
  const dirty = new Set<Entry>()

  const bucket = async (step: number, start: number): Promise<void> => {
    const name = `${step}:${start}`
    const known = buckets.get(name)
    buckets.delete(name)
    buckets.set(name, known ?? toBucket(step, start, await load(step, start)))
  }

  const add = (at: Bucket, wanted: Dimensions, row: CallRow, sign: 1 | -1): void => {
    const entry = place(at, wanted, dirty)
    addCall(entry.sums, row, sign)
    if (!row.auxiliary && row.timedMs !== null) addTo(entry.duration, bucketOf(row.timedMs), sign)
    if (!row.auxiliary && row.firstTokenMs !== null) addTo(entry.firstToken, bucketOf(row.firstTokenMs), sign)
    dirty.add(entry)
  }

  return {
    prepare: async (rows) => {
      const wanted = new Set<string>()
      for (const row of rows) for (const step of stepsOf(row, now())) wanted.add(`${step}:${startOf(row, step)}`)
      for (const name of wanted) await bucket(Number(name.split(':')[0]), Number(name.split(':')[1]))
      for (const name of buckets.keys()) {
        if (buckets.size <= Math.max(BUCKETS_KEPT, wanted.size)) break
        if (!wanted.has(name)) buckets.delete(name)
      }
    },
    fold: (row, sign) => {
      for (const step of stepsOf(row, now())) {
        const at = buckets.get(`${step}:${startOf(row, step)}`)
        if (!at) continue
        add(at, baseOf(row), row, sign)
        for (const facet of facetsOf(row, step)) add(at, facet, row, sign)
      }
    },
    touched: async () => {
      const fresh = [...dirty].filter((entry) => entry.pk === null)
      const pks = fresh.length > 0 ? await numbers(fresh.length) : []
      fresh.forEach((entry, i) => (entry.pk = pks[i]!))
      const rows = [...dirty].map((entry) => toRow(entry, writer))
      dirty.clear()
      return rows
    },
    forget: () => {
      buckets.clear()
      dirty.clear()
    },
  }
}

const startOf = (row: CallRow, step: number): number => Math.floor(row.startedAt / step) * step
const stepsOf = (row: CallRow, now: number): number[] =>
  row.startedAt >= now - MINUTES_KEPT ? [QUARTER, MINUTE] : [QUARTER]

/** What a call counts as: the model that answered, and the one asked for where it is another. */
const baseOf = (row: CallRow): Dimensions => ({
  facet: '',
  value: '',
  provider: row.provider ?? '',
  model: row.responseModel ?? row.model ?? '',
  asked: row.responseModel !== null && row.model !== null && row.model !== row.responseModel ? row.model : '',
  key: row.key ?? '',
  team: row.team ?? '',
  app: row.app ?? '',
  outcome: row.outcome,
  auxiliary: row.auxiliary ? 1 : 0,
})

const facetsOf = (row: CallRow, step: number): Dimensions[] => {
  const models = { ...baseOf(row), facet: MODELS, key: '', team: '', app: '' }
  const facets = [{ ...models, facet: ALL, provider: '', model: '', asked: '' }, models]
  // Charts by the minute are split by model at most.
  if (step !== QUARTER) return facets
  if (row.user !== null) facets.push({ ...models, facet: 'user', value: row.user })
  for (const [name, value] of Object.entries(row.tags)) facets.push({ ...models, facet: `tag.${name}`, value })
  return facets
}

/** The row for these dimensions, or the folded one when there is no room. */
function place(at: Bucket, wanted: Dimensions, dirty: Set<Entry>): Entry {
  const exact = at.entries.get(nameOf(wanted))
  if (exact) return exact
  const dimensions = wanted.facet === '' ? foldBase(at, wanted) : foldFacet(at, wanted)
  if (dimensions !== wanted && wanted.facet !== MARK) {
    const mark = place(at, { ...noDimensions, facet: MARK, value: dimensions.facet }, dirty)
    mark.sums.calls += 1
    dirty.add(mark)
  }
  return at.entries.get(nameOf(dimensions)) ?? enter(at, emptyEntry(at, dimensions))
}

function foldBase(at: Bucket, wanted: Dimensions): Dimensions {
  const used = at.counts.get('') ?? 0
  if (used < BASE_ROOM[0]) return wanted
  const narrow = { ...wanted, key: FOLDED, app: FOLDED }
  if (used < BASE_ROOM[1] || at.entries.has(nameOf(narrow))) return narrow
  const narrower = { ...narrow, team: FOLDED, model: FOLDED, asked: '' }
  return used < BASE_ROOM[2] || at.entries.has(nameOf(narrower)) ? narrower : { ...narrower, provider: FOLDED }
}

function foldFacet(at: Bucket, wanted: Dimensions): Dimensions {
  if (wanted.facet === MARK || wanted.facet === ALL) return wanted
  const used = at.counts.get(wanted.facet)
  if (used === undefined && at.counts.size >= FACETS_ROOM)
    return { ...wanted, facet: FOLDED, value: FOLDED, model: FOLDED, asked: '' }
  if ((used ?? 0) < FACET_ROOM[0]) return wanted
  const narrow = wanted.facet === MODELS ? { ...wanted, model: FOLDED, asked: '' } : { ...wanted, value: FOLDED }
  if (used! < FACET_ROOM[1] || at.entries.has(nameOf(narrow))) return narrow
  return { ...narrow, model: FOLDED, asked: '', provider: FOLDED }
}

const noDimensions: Dimensions = {
  facet: '',
  value: '',
  provider: '',
  model: '',
  asked: '',
  key: '',
  team: '',
  app: '',
  outcome: 'ok',
  auxiliary: 0,
}

const nameOf = (d: Dimensions): string =>
  `${d.facet}\0${d.value}\0${d.provider}\0${d.model}\0${d.asked}\0${d.key}\0${d.team}\0${d.app}\0${d.outcome}\0${d.auxiliary}`

function enter(at: Bucket, entry: Entry): Entry {
  at.entries.set(nameOf(entry.dimensions), entry)
  at.counts.set(entry.dimensions.facet, (at.counts.get(entry.dimensions.facet) ?? 0) + 1)
  return entry
}

const emptyEntry = (at: Bucket, dimensions: Dimensions): Entry => ({
  pk: null,
  at,
  dimensions,
  sums: noMeasures(),
  duration: new Map(),
  firstToken: new Map(),
})

function toBucket(step: number, start: number, rows: readonly RollupRow[]): Bucket {
  const at: Bucket = { step, start, entries: new Map(), counts: new Map() }
  for (const row of rows) {
    const { facet, value, provider, model, asked, key, team, app, outcome, auxiliary } = row
    const entry = emptyEntry(at, { facet, value, provider, model, asked, key, team, app, outcome, auxiliary })
    entry.pk = row.pk
    for (const name of MEASURES) entry.sums[name] = row[name]
    mergeBytes(entry.duration, row.duration)
    mergeBytes(entry.firstToken, row.firstToken)
    enter(at, entry)
  }
  return at
}

const toRow = ({ pk, at, dimensions, sums, duration, firstToken }: Entry, writer: string): RollupRow => ({
  pk: pk!,
  writer,
  step: at.step,
  bucket: at.start,
  ...dimensions,
  ...sums,
  duration: toBytes(duration),
  firstToken: toBytes(firstToken),
})
