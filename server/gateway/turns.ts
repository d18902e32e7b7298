/**
 * The calls on a WebSocket: each model response is one, from the client's `response.create` (or the provider's own beginning, with
 * voice detection) to its terminal event. Every frame is journaled before it goes on: what belongs to no response (session events,
 * audio, the items that a later response will read) is the handshake's own. Warm-ups (`generate: false`) are calls without usage.
 */
import type { Operation } from '../dialects/dialect.ts'
import type { Direction } from '../journal/entry.ts'
import { toWeirError, type WeirError } from '../errors.ts'
import { admitTurn } from './admit.ts'
import { toEndMeta } from './finish.ts'
import { type Gateway, record } from './gateway.ts'
import { errorEvent } from './farewell.ts'
import { captureLimit } from './ingress.ts'
import type { Abort, Answered, LiveCall } from './live.ts'
import { elapsed, openCall } from './live.ts'
import { countOnly, isLimited, reserve } from './reserve.ts'
import { scanTopLevel, stringAt, type TopLevel } from './scan.ts'
import { toStartMeta } from './start.ts'

export interface Turns {
  /** Each settles when this frame, and all before it, are in the journal. */
  fromClient(bytes: Buffer, isBinary: boolean): Promise<unknown>
  fromServer(bytes: Buffer, isBinary: boolean): Promise<unknown>
  /** Bytes that passed and could not be read as frames. */
  unread(direction: Direction, length: number, problem: string): Promise<unknown>
  /** Responses that have not ended. */
  open(): number
  /** The socket is closed: what is under way did not end. `clean`: both ends agreed on it, with Close frames. */
  close(answered: Answered, clean: boolean): Promise<void>
}

interface Turn {
  call: LiveCall
  /** An event of the provider's has come for it. */
  begun: boolean
  /** The client's own id of the `response.create`; an error may name it. */
  eventId: string | null
  /** Earlier frames that it is made from. */
  from: readonly Buffer[]
}

/** How the socket takes what turns decide. */
export interface TurnEnds {
  /** The client's frame goes no further, and it gets this event instead. False: that cannot be done. */
  refuse(event: Buffer): boolean
  /** Ends the socket, and all responses on it. */
  abort: Abort
}

/** Events after which a response is over: OpenAI Responses over WebSocket, and Realtime. */
const TERMINAL = new Set([
  'response.completed',
  'response.failed',
  'response.incomplete',
  'response.done',
  'response.cancelled',
])
/** What a response is made from, beside its `response.create`: kept for the next one, newest first where there is too much. */
const KEPT = /^(?:conversation\.item\.|session\.update$)/
const KEPT_BYTES = 1024 * 1024
/** Responses asked for at once; what is asked for beyond them is the handshake's until there is room. */
const MAX_OPEN = 64
const WANTED: ReadonlySet<string> = new Set(['model', 'generate', 'event_id', 'response'])
const OK: Answered = { outcome: 'ok', status: 101, errorCode: null, errorMessage: null }

/** `spoken`: what is done over this socket (`responses`, `realtime`). */
export function createTurns(handshake: LiveCall, spoken: Operation, gateway: Gateway, ends: TurnEnds): Turns {
  const turns: Turn[] = []
  const kept = createKept()
  const problems: Partial<Record<Direction, string>> = {}
  let model = handshake.model
  let room: Promise<void> | null = null

  /** Opens a call for the response that the client asked for, or that the provider began by itself. */
  function open(asked: Buffer | null): Promise<unknown> {
    const about = asked ? scanTopLevel(asked, WANTED) : null
    const call = openCall(handshake.incoming, handshake.outgoing, handshake.rules)
    const { address, provider, dialect, upstream, caller, weirKey, billing, capture } = handshake
    const operation = asked && about && isWarmUp(asked, about) ? { ...spoken, name: 'warmup' } : spoken
    Object.assign(call, {
      address,
      provider,
      dialect,
      operation,
      upstream,
      caller,
      weirKey,
      billing,
      capture,
      journaled: true,
      stream: true,
      abort: ends.abort,
      method: 'WEBSOCKET',
    })
    model = call.model = (asked && about && modelIn(asked, about)) ?? model
    const refused = weirKey === null ? null : whyRefused(call)
    call.request.expect(null, captureLimit(call))
    call.response.expect(null, captureLimit(call))
    call.attempts.push({
      ...handshake.attempts.at(-1)!,
      n: 1,
      startedAt: call.startedAt,
      atMs: 0,
      connectMs: null,
      headersMs: null,
    })
    call.incomplete = whyIncomplete()
    gateway.running.add(call)
    const from = kept.take(call)
    const turn: Turn = { call, begun: false, eventId: asked && stringAt(asked, about?.values.get('event_id')), from }
    turns.push(turn)
    if (refused === null && isLimited(call, gateway)) room = takeRoom(turn, asked)

    let written = gateway.journal.start(call.id, { ...toStartMeta(call), socket: handshake.id })
    void gateway.journal.attempt(call.id, call.attempts[0]!)
    for (const line of from) written = record(call, gateway, 'request', line, elapsed(call))
    if (asked) written = record(call, gateway, 'request', toLine(asked), elapsed(call))
    if (refused) turnAway(turn, refused, asked !== null)
    return withRoom(written)
  }

  /** What the provider began by itself can only be counted. */
  async function takeRoom(turn: Turn, asked: Buffer | null): Promise<void> {
    try {
      if (asked) await reserve(turn.call, gateway, asked.length)
      else countOnly(turn.call, gateway)
    } catch (thrown) {
      turnAway(turn, toWeirError(thrown), asked !== null)
    }
    if (turns.every(({ call }) => call.reservation !== null)) room = null
  }
  /** No frame overtakes one that limits still have to decide about. */
  const withRoom = (written: Promise<unknown>): Promise<unknown> =>
    room === null ? written : Promise.all([room, written])

  function whyRefused(call: LiveCall): WeirError | null {
    try {
      admitTurn(call, gateway)
      return null
    } catch (error) {
      return toWeirError(error)
    }
  }

  /** Of a refused turn nothing goes on: the client gets the dialect's error event in its place, or the socket ends with it. */
  function turnAway(turn: Turn, error: WeirError, wasAsked: boolean): void {
    const { status, code, message } = error
    const event = errorEvent(handshake.dialect, error, turn.eventId)
    void record(turn.call, gateway, 'response', toLine(event), elapsed(turn.call))
    void end(turn, { outcome: 'refused', status, errorCode: code, errorMessage: message })
    if (!wasAsked || !ends.refuse(event)) return ends.abort(error)
    // They did go on, and the next response will read them.
    for (const line of turn.from) kept.add(line)
  }

  async function end(turn: Turn, answered: Answered): Promise<void> {
    const at = turns.indexOf(turn)
    if (at < 0) return
    turns.splice(at, 1)
    turn.call.answered = answered
    const recorded = await gateway.journal.end(turn.call.id, toEndMeta(turn.call))
    if (turn.call.reservation !== null) gateway.ledger.finish(turn.call.reservation, recorded)
    gateway.running.remove(turn.call)
  }

  const whyIncomplete = (): string | null =>
    Object.entries(problems)
      .map(
        ([direction, problem]) =>
          `the ${direction === 'request' ? "client's" : "provider's"} WebSocket frames could not be read: ${problem}`,
      )
      .join('; ') || null

  return {
    fromClient(bytes, isBinary) {
      const type = isBinary ? '' : typeOf(bytes)
      if (type === 'response.create' && turns.length < MAX_OPEN) return open(bytes)
      const line = isBinary ? toBinaryLine(bytes) : toLine(bytes)
      if (KEPT.test(type)) kept.add(line)
      return withRoom(record(handshake, gateway, 'request', line, elapsed(handshake)))
    },

    fromServer(bytes, isBinary) {
      const type = isBinary ? '' : typeOf(bytes)
      // After the end of a response, a second terminal event is no beginning of another.
      if (turns.length === 0 && type.startsWith('response.') && !TERMINAL.has(type)) void open(null)
      const refused = type === 'error' ? refusedBy(bytes, turns, spoken) : null
      const turn = refused ?? turns[0]
      const call = turn?.call ?? handshake
      if (turn && type.startsWith('response.')) turn.begun = true
      const written = record(call, gateway, 'response', isBinary ? toBinaryLine(bytes) : toLine(bytes), elapsed(call))
      if (turn && (refused || TERMINAL.has(type)))
        void end(turn, refused || type === 'response.failed' ? { ...OK, outcome: 'error' } : OK)
      return written
    },

    unread(direction, length, problem) {
      problems[direction] ??= problem
      for (const { call } of [{ call: handshake }, ...turns]) call.incomplete = whyIncomplete()
      const call = (direction === 'response' ? turns[0]?.call : null) ?? handshake
      return gateway.journal.part(call.id, call[direction].skip(length, direction, elapsed(call)))
    },

    open: () => turns.length,

    async close(answered, clean) {
      // What Weir could not read may well have held the ends of these responses.
      const seen = clean && problems.response !== undefined ? OK : answered
      await Promise.all(turns.slice().map((turn) => end(turn, seen)))
    },
  }
}

/** Frames for the next response, bounded; they are in the journal already, under the handshake. */
function createKept(): { add(line: Buffer): void; take(call: LiveCall): Buffer[] } {
  let lines: Buffer[] = []
  let size = 0
  let dropped = 0
  return {
    add(line) {
      lines.push(line)
      size += line.length
      while (size > KEPT_BYTES) {
        size -= lines.shift()!.length
        dropped++
      }
    },
    take(call) {
      const taken = lines
      if (dropped > 0)
        call.incomplete = [
          call.incomplete,
          `${dropped} earlier frames of this request stand only under the WebSocket's handshake`,
        ]
          .filter(Boolean)
          .join('; ')
      lines = []
      size = dropped = 0
      return taken
    },
  }
}

/**
 * The response that an `error` event ends. In the Responses API that is the one under way. Realtime goes on after most errors:
 * there it is only the one that is named, by the client's event id or as what could not be created.
 */
function refusedBy(bytes: Buffer, turns: readonly Turn[], spoken: Operation): Turn | null {
  if (spoken.name !== 'realtime') return turns[0] ?? null
  const place = scanTopLevel(bytes, new Set(['error']))?.values.get('error')
  const text = place ? bytes.toString('utf8', place.start, Math.min(place.end, place.start + 65_536)) : ''
  const eventId = /"event_id"\s*:\s*"([^"]+)"/.exec(text)?.[1]
  const waiting = turns.filter((turn) => !turn.begun)
  if (eventId !== undefined) return waiting.find((turn) => turn.eventId === eventId) ?? null
  const isAboutCreation = /"code"\s*:\s*"conversation_already_has_active_response"|"param"\s*:\s*"response[."]/.test(
    text,
  )
  return isAboutCreation ? (waiting.at(-1) ?? null) : null
}

const NEWLINE = Buffer.from('\n')
const toLine = (bytes: Buffer): Buffer => Buffer.concat([bytes, NEWLINE])
/** A binary frame among JSON lines: a form that says what it is, and that no dialect takes for an event of its own. */
const toBinaryLine = (bytes: Buffer): Buffer =>
  Buffer.from(`{"type":"weir.binary","base64":"${bytes.toString('base64')}"}\n`)

/** The first `"type"` of an event. Events are flat at their start, so no parse of megabytes of audio is needed for it. */
const typeOf = (bytes: Buffer): string => /"type"\s*:\s*"([^"]+)"/.exec(bytes.toString('latin1', 0, 4096))?.[1] ?? ''

const isWarmUp = (bytes: Buffer, { values }: TopLevel): boolean => {
  const place = values.get('generate')
  return place?.type === 'boolean' && bytes[place.start] === 0x66
}

/** `model` of a `response.create`, on some servers below `response`. */
function modelIn(bytes: Buffer, { values }: TopLevel): string | null {
  const inside = values.get('response')
  const nested = inside?.type === 'object' ? bytes.subarray(inside.start, inside.end) : null
  return (
    stringAt(bytes, values.get('model')) ??
    (nested && stringAt(nested, scanTopLevel(nested, WANTED)?.values.get('model')))
  )
}
