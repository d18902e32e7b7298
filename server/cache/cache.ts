/**
 * The cache: what was answered, kept in memory and on disk, and given again. An answer is kept only when the recorder has read it
 * and found it whole; until then it waits in bounded memory. Nothing here blocks: the disk is asked by libuv's pool.
 */
import type { Outcome } from '../call.ts'
import type { CacheConfig } from '../config/cache.ts'
import { createCallTable } from '../journal/call-table.ts'
import type { Answered } from '../recorder/answered.ts'
import type { StoredCall } from '../recorder/messages.ts'
import { createDisk } from './disk.ts'
import { bytesOf, type Entry, type Saved } from './entry.ts'
import { createFlight, endFlight, type Flight, type Leader } from './flight.ts'
import { createLru } from './lru.ts'
import { createNearby, type Nearby } from './nearby.ts'
import type { RedisStore } from './redis-store.ts'
import { createSemantic, type Semantic } from './semantic.ts'
import { fromStored, toStored } from './semantic-stored.ts'
import type { Keeping } from './use.ts'

export interface CacheStats {
  entries: number
  bytes: number
  maxBytes: number
  /** Since Weir started. */
  hits: number
  misses: number
  savedNano: number
  savedMs: number
  savedTokens: number
  /** Questions that others may be alike to, and hits by that; null: it is off. */
  semantic: { entries: number; hits: number } | null
}

export interface Cache {
  /** At once where memory has it. `maxAgeMs`: an older one does not serve. */
  find(key: string, maxAgeMs: number | null): Entry | null | Promise<Entry | null>
  /** The same question, being answered just now. */
  flying(key: string): Flight | null
  /** The answer of this call will be kept; identical calls may share it if it is the only one. */
  takeOff(leader: Leader, keeping: Keeping): Flight
  /** It is over. `failure`: it is not whole, and why. */
  land(flight: Flight, failure: string | null): void
  nearby: Nearby
  semantic: Semantic
  countHit(saved: Saved): void
  countMiss(): void
  /** From the recorder, after the commit. */
  stored(calls: readonly StoredCall[]): void
  /** Later where several Weirs share it. */
  stats(): CacheStats | Promise<CacheStats>
  /** Answers how many entries went. */
  clear(): number | Promise<number>
  /** Settles when all that was queued for the disk is there. */
  close(): Promise<void>
}

export interface CacheOptions {
  dir: string
  config(): CacheConfig
  now?: () => number
  /** Of several Weirs: entries are there, and in this process only what may leave its memory nowhere. */
  shared?: RedisStore | null
}

const SWEEP_MS = 60_000
/** Operations without a reason to finish: their answer is whole or not. */
const WITHOUT_FINISH = new Set(['embeddings'])

interface Candidate {
  entry: Entry
  keeping: Keeping
  /** When its call began. */
  bornAt: number
}

export function createCache({ dir, config, now = () => Date.now(), shared = null }: CacheOptions): Cache {
  const memory = createLru<Entry>(() => config().maxBytes)
  const semantic = createSemantic(() => config().semantic?.maxEntries ?? 0)
  const disk =
    shared ??
    createDisk({
      dir,
      maxBytes: () => config().diskBytes,
      now,
      onFound: (key, alike) => {
        if (config().semantic) semantic.add(fromStored(key, alike))
      },
    })
  /** Whole answers that the recorder has not spoken of yet. */
  const waiting = createLru<Candidate>(() => Math.max(config().maxBytes / 4, 2 * config().maxEntryBytes))
  const byKey = createCallTable<{ callId: string; flight: Flight }>()
  const byCall = createCallTable<{ callId: string; flight: Flight; keeping: Keeping; verdict: StoredCall | null }>()
  const nearby = createNearby(now)
  const held = { bytes: 0 }
  const counted = { hits: 0, misses: 0, savedNano: 0, savedMs: 0, savedTokens: 0 }
  /** Flights that began before the last `clear` are not kept. */
  let clearedAt = 0

  const serves = (entry: Entry, maxAgeMs: number | null) =>
    entry.expiresAt > now() && (maxAgeMs === null || now() - entry.storedAt <= maxAgeMs)

  const fromDisk = async (key: string, maxAgeMs: number | null): Promise<Entry | null> => {
    const entry = await disk.read(key)
    if (!entry) return null
    if (entry.expiresAt <= now()) disk.remove(key)
    else if (!shared) memory.set(key, entry, bytesOf(entry))
    return serves(entry, maxAgeMs) ? entry : null
  }

  const keep = ({ entry, keeping, bornAt }: Candidate, call: StoredCall) => {
    const { answered } = call
    if (config().mode === 'off' || !answered || !isWhole(call.outcome, answered)) return
    const alike = answered.acts ? null : keeping.alike
    if (alike) entry.alike = toStored(alike)
    entry.saved = { nano: answered.costNano, tokens: answered.tokens, ms: answered.durationMs }
    if (!shared || !keeping.onDisk) memory.set(entry.key, entry, bytesOf(entry))
    if (keeping.onDisk) disk.write(entry, bornAt)
    if (alike)
      semantic.add({ ...alike, key: entry.key, onDisk: keeping.onDisk, text: alike.vector ? null : alike.text })
    nearby.add(keeping.group, {
      key: entry.key,
      callId: entry.callId,
      expiresAt: entry.expiresAt,
      fields: keeping.fields,
    })
  }

  const sweep = () => {
    const at = now()
    if (config().mode === 'off') memory.clear()
    for (const { key, value } of memory.list()) if (value.expiresAt <= at) memory.delete(key)
    for (const { key, value } of disk.list()) if (value.expiresAt <= at) disk.remove(key)
  }
  const timer = setInterval(sweep, SWEEP_MS).unref()

  return {
    find(key, maxAgeMs) {
      const entry = memory.get(key)
      if (entry && serves(entry, maxAgeMs)) return entry
      if (entry) {
        if (entry.expiresAt > now()) return null
        memory.delete(key)
      }
      return (shared || config().diskBytes > 0) && disk.mayHave(key) ? fromDisk(key, maxAgeMs) : null
    },
    flying: (key) => {
      const flight = byKey.get(key)?.flight
      const shared = flight && (flight.state === 'asking' || flight.state === 'answering') && flight.storable
      return shared ? flight : null
    },
    takeOff(leader, keeping) {
      const { maxEntryBytes, maxBytes } = config()
      const flight = createFlight(keeping.key, leader, { maxEntryBytes, maxBytes, held })
      byCall.add({ callId: leader.id, flight, keeping, verdict: null })
      if (!byKey.get(keeping.key)) byKey.add({ callId: keeping.key, flight })
      return flight
    },
    land(flight, failure) {
      const known = byCall.get(flight.callId)
      byCall.delete(flight.callId)
      if (byKey.get(flight.key)?.flight === flight) byKey.delete(flight.key)
      endFlight(flight, failure)
      if (!known || flight.state !== 'whole' || !flight.storable || flight.leader.t0 < clearedAt) return
      const bornAt = now() - (performance.now() - flight.leader.t0)
      const candidate = { entry: toEntry(flight, known.keeping, now()), keeping: known.keeping, bornAt }
      if (known.verdict) keep(candidate, known.verdict)
      else waiting.set(flight.callId, candidate, bytesOf(candidate.entry))
    },
    nearby,
    semantic,
    countHit({ nano, tokens, ms }) {
      counted.hits++
      counted.savedNano += nano ?? 0
      counted.savedMs += ms ?? 0
      counted.savedTokens += tokens ?? 0
    },
    countMiss: () => void counted.misses++,
    stored(calls) {
      for (const call of calls) {
        const candidate = waiting.delete(call.id)
        if (candidate) keep(candidate, call)
        else {
          // The recorder was faster than the client.
          const known = byCall.get(call.id)
          if (known) known.verdict = call
        }
      }
    },
    stats() {
      const own = {
        ...counted,
        entries: new Set([...memory.list(), ...disk.list()].map(({ key }) => key)).size,
        bytes: memory.bytes() + disk.bytes(),
        maxBytes: config().maxBytes + (shared ? config().redisBytes : config().diskBytes),
        semantic: config().semantic ? semantic.stats() : null,
      }
      return shared ? shared.totals().then((totals) => withTotals(own, totals)) : own
    },
    clear() {
      const removed = new Set([...memory.list(), ...disk.list()].map(({ key }) => key)).size
      clearedAt = performance.now()
      memory.clear()
      waiting.clear()
      nearby.clear()
      semantic.clear()
      if (shared) return shared.empty().then((gone) => gone + removed)
      disk.clear()
      return removed
    },
    async close() {
      clearInterval(timer)
      await disk.settled()
    },
  }
}

const withTotals = (own: CacheStats, { entries, bytes }: { entries: number; bytes: number }): CacheStats => ({
  ...own,
  entries: own.entries + entries,
  bytes: own.bytes + bytes,
})

/** The dialect's terminal event was there. A leader whose client left is as good, if its answer came whole. */
const isWhole = (outcome: Outcome, { complete, finishReason, operation }: Answered): boolean =>
  (outcome === 'ok' || outcome === 'client_abort') &&
  complete &&
  (finishReason !== null || WITHOUT_FINISH.has(operation ?? ''))

function toEntry(flight: Flight, { key, ttlMs }: Keeping, now: number): Entry {
  // Memory of its own: the pieces are slices of what the socket read, and would keep all of it alive.
  const body = Buffer.allocUnsafeSlow(flight.bytes)
  let at = 0
  for (const piece of flight.pieces) at += piece.copy(body, at)
  return {
    key,
    callId: flight.callId,
    storedAt: now,
    expiresAt: now + ttlMs,
    status: flight.status,
    headers: flight.headers,
    pace: flight.pieces.length > 1 ? flight.pieces.flatMap((piece, i) => [sinceFirst(flight, i), piece.length]) : [],
    saved: { nano: null, tokens: null, ms: null },
    body,
  }
}

const sinceFirst = ({ times }: Flight, i: number) => Math.round((times[i]! - times[0]!) * 100) / 100
