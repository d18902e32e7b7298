/**
 * An answer that was given before, given again: from the cache, or from an identical call that is getting it just now. The bytes
 * are those that the first client saw; of its headers only those that say what the bytes are. It is a call like any other: each
 * piece stands in the journal before the client has it.
 */
import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Entry } from '../cache/entry.ts'
import { addHead, changed, type Cursor, type Flight, joinFlight, leaveFlight, readOn, wake } from '../cache/flight.ts'
import { toUse } from '../cache/use.ts'
import { WeirError } from '../errors.ts'
import { type Gateway, record } from './gateway.ts'
import { forEachHeader, headerOf, ownHeaders } from './headers.ts'
import { captureLimit } from './ingress.ts'
import { type Abort, elapsed, type LiveCall } from './live.ts'
import { breakOff } from './refuse.ts'

/** What says how the bytes are to be read. Never cookies, dates, request ids or rate limits: they were the first client's. */
const CONTENT_HEADERS = new Set([
  'content-type',
  'content-encoding',
  'content-language',
  'content-length',
  'content-disposition',
])

function contentHeaders(raw: readonly string[]): string[] {
  const kept: string[] = []
  forEachHeader(raw, (name, value, i) => {
    if (CONTENT_HEADERS.has(name)) kept.push(raw[i]!, value)
  })
  return kept
}

/** The relay tells of the headers that it sends. */
export const keepHead = (flight: Flight, status: number, headers: readonly string[]): void =>
  addHead(flight, status, contentHeaders(headers))

/** Always true: the call is answered. `similarity`: of the question that it was the answer of, where that was only alike. */
export async function replay(
  call: LiveCall,
  entry: Entry,
  gateway: Gateway,
  similarity: number | null = null,
): Promise<boolean> {
  if (call.clientGone) throw gone()
  const why = similarity === null ? null : `semantic, similarity ${similarity.toFixed(3)}`
  const use = (call.cache = toUse('hit', why))
  use.from = entry.callId
  use.headers = entry.headers
  use.savedNano = entry.saved.nano
  use.savedMs = entry.saved.ms
  gateway.cache.countHit(entry.saved)
  if (similarity !== null) gateway.cache.semantic.countHit()
  call.response.expect(entry.body.length, captureLimit(call))
  const headers = [...entry.headers, 'age', String(ageOf(entry)), ...ownHeaders(call, elapsed(call), null)]
  if (similarity !== null) headers.push('x-weir-cache-similarity', similarity.toFixed(3))
  if (call.rules.config.cache.replay === 'paced' && entry.pace.length > 0) {
    call.outgoing.writeHead(entry.status, headers)
    await atItsPace(call, entry, gateway)
  } else call.ending = { kind: 'whole', status: entry.status, headers, body: entry.body }
  call.answered = { outcome: 'cache_hit', status: entry.status, errorCode: null, errorMessage: null }
  return true
}

const ageOf = ({ storedAt }: Entry) => Math.max(0, Math.floor((Date.now() - storedAt) / 1000))

/** `replay: paced`: the first piece at once, the others with the pauses that they had. */
async function atItsPace(call: LiveCall, { body, pace }: Entry, gateway: Gateway): Promise<void> {
  const stopped = new AbortController()
  const giveUp: Abort = (why) => stopped.abort(why === 'client_gone' ? gone() : why)
  call.abort = giveUp
  const began = performance.now()
  let at = 0
  for (let i = 0; i < pace.length; i += 2) {
    const rest = pace[i]! - (performance.now() - began)
    if (rest > 1) await wait(rest, undefined, { signal: stopped.signal }).catch(() => {})
    if (stopped.signal.aborted) throw stopped.signal.reason
    await deliver(call, body.subarray(at, (at += pace[i + 1]!)), gateway)
  }
  call.abort = null
}

/**
 * Shares the answer of an identical call. False: that call failed before it had a good answer, so this one must ask for itself.
 * A break in the middle breaks this answer off too: never a clean end after a broken upstream.
 */
export async function follow(call: LiveCall, flight: Flight, gateway: Gateway): Promise<boolean> {
  const cursor = joinFlight(flight)
  const ahead = performance.now() - flight.leader.t0
  let stop: WeirError | null = null
  const giveUp: Abort = (why) => {
    stop = why === 'client_gone' ? gone() : why
    wake(flight)
  }
  call.abort = giveUp
  if (call.clientGone) giveUp('client_gone')
  const stopped = () => stop
  try {
    while (flight.state === 'asking' && !stopped()) await changed(flight)
    if (stopped()) throw stopped()
    if (flight.state === 'failed') return notShared(call, flight)
    call.cache = toUse('hit')
    call.cache.from = flight.leader.id
    // What had gone by of the other call's time is what this one was spared.
    call.cache.savedMs = ahead
    call.cache.headers = flight.headers
    await share(call, flight, cursor, stopped, gateway)
    gateway.cache.countHit({ nano: null, tokens: null, ms: ahead })
    return true
  } finally {
    leaveFlight(flight, cursor)
    call.abort = null
  }
}

function notShared(call: LiveCall, flight: Flight): false {
  call.cache = toUse('miss', `the identical call ${flight.leader.id}, whose answer it waited for, did not succeed`)
  return false
}

async function share(
  call: LiveCall,
  flight: Flight,
  cursor: Cursor,
  stopped: () => WeirError | null,
  gateway: Gateway,
): Promise<void> {
  const length = headerOf(flight.headers, 'content-length')
  call.response.expect(length === null ? null : Number(length), captureLimit(call))
  call.outgoing.writeHead(flight.status, [...flight.headers, 'age', '0', ...ownHeaders(call, elapsed(call), null)])
  call.outgoing.flushHeaders()
  for (;;) {
    const bytes = readOn(flight, cursor)
    if (stopped()) throw stopped()
    if (cursor.lost) throw tooSlow()
    if (bytes) await deliver(call, bytes, gateway)
    else if (flight.state === 'answering') await changed(flight)
    else break
  }
  if (flight.state === 'whole')
    call.answered = { outcome: 'cache_hit', status: flight.status, errorCode: null, errorMessage: null }
  else breakOff(call, { status: flight.status, rawHeaders: flight.headers }, brokenWith(flight))
}

const brokenWith = ({ leader, failure }: Flight) =>
  new WeirError('upstream_reset', `The answer was shared with call ${leader.id}, and broke off there: ${failure}`)

const tooSlow = () =>
  new WeirError(
    'overloaded',
    'The answer was shared with another call and is longer than cache.maxEntryBytes; this client was too far behind to be waited for. Send x-weir-cache: off to have it alone.',
  )

async function deliver(call: LiveCall, bytes: Buffer, gateway: Gateway): Promise<void> {
  await record(call, gateway, 'response', bytes, elapsed(call))
  if (call.clientGone || bytes.length === 0) return
  call.betweenEvents = bytes.at(-1) === LF && (bytes.at(-2) === LF || (bytes.at(-3) === LF && bytes.at(-2) === CR))
  if (call.outgoing.write(bytes) || call.outgoing.destroyed) return
  await drained(call.outgoing)
}

/** Until the client has taken what it was sent, or has left. */
const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const goOn = () => {
      outgoing.off('drain', goOn).off('close', goOn)
      resolve()
    }
    outgoing.on('drain', goOn).on('close', goOn)
  })

const LF = 0x0a
const CR = 0x0d

const gone = () => new WeirError('client_gone', 'The client left before its answer was complete.')
