/**
 * The calls on a WebSocket: each model response is one, from the client's frames before it to its terminal event. What belongs to
 * no response (session events, pings of the application) is the handshake's own. Warm-ups (`generate: false`) are calls without usage.
 */
import type { Answered, LiveCall } from './live.ts'
import { elapsed, openCall } from './live.ts'
import { type Gateway, record } from './gateway.ts'
import { toEndMeta } from './finish.ts'
import { captureLimit } from './ingress.ts'
import { toStartMeta } from './start.ts'

export interface Turns {
  fromClient(text: string | null, size: number): void
  /** Settles when this message, and all before it, are in the journal. */
  fromServer(text: string | null, size: number): Promise<unknown>
  /** The socket is closed: a response under way did not end. */
  close(answered: Answered): Promise<void>
}

/** Events after which a response is over: OpenAI Responses over WebSocket, and Realtime. */
const TERMINAL = new Set(['response.completed', 'response.failed', 'response.incomplete', 'response.done', 'response.cancelled'])
const NEWLINE = Buffer.from('\n')

export function createTurns(handshake: LiveCall, gateway: Gateway, abort: LiveCall['abort']): Turns {
  let pending: Buffer[] = []
  let turn: LiveCall | null = null
  const queued: Buffer[][] = []

  /** Opens a call for the response that the client asked for, or that the provider began by itself (voice detection). */
  function open(frames: Buffer[]): LiveCall {
    const call = openCall(handshake.incoming, handshake.outgoing, handshake.rules)
    const { address, provider, dialect, operation, upstream, caller, billing, capture } = handshake
    Object.assign(call, { address, provider, dialect, operation, upstream, caller, billing, capture, journaled: true, stream: true, abort })
    call.model = modelOf(frames) ?? handshake.model
    call.request.expect(null, captureLimit(call))
    call.response.expect(null, captureLimit(call))
    gateway.running.add(call)
    void gateway.journal.start(call.id, { ...toStartMeta(call), auxiliary: false, operation: 'responses', method: 'WEBSOCKET', socket: handshake.id })
    void gateway.journal.attempt(call.id, { ...handshake.attempts.at(-1)!, n: 1, startedAt: call.startedAt, atMs: 0, connectMs: null, headersMs: null })
    for (const frame of frames) void record(call, gateway, 'request', frame, elapsed(call))
    return call
  }

  async function end(call: LiveCall, answered: Answered): Promise<void> {
    call.answered = answered
    await gateway.journal.end(call.id, toEndMeta(call))
    gateway.running.remove(call)
  }

  return {
    fromClient(text) {
      // A binary frame has no place among JSON lines; none of the known protocols sends one.
      if (text === null) return
      pending.push(Buffer.from(text), NEWLINE)
      if (typeOf(text) !== 'response.create') return
      if (turn) queued.push(pending)
      else turn = open(pending)
      pending = []
    },

    fromServer(text) {
      if (text === null) return Promise.resolve()
      const type = typeOf(text)
      if (!turn && type.startsWith('response.')) {
        turn = open(pending)
        pending = []
      }
      const call = turn ?? handshake
      const written = record(call, gateway, 'response', Buffer.from(`${text}\n`), elapsed(call))
      if (turn && (TERMINAL.has(type) || type === 'error')) {
        void end(turn, { outcome: type === 'error' || type === 'response.failed' ? 'error' : 'ok', status: 101, errorCode: null, errorMessage: null })
        const next = queued.shift()
        turn = next ? open(next) : null
      }
      return written
    },

    async close(answered) {
      for (const frames of queued.splice(0)) await end(open(frames), answered)
      if (pending.length > 0) for (const frame of pending.splice(0)) void record(handshake, gateway, 'request', frame, elapsed(handshake))
      if (turn) await end(turn, answered)
      turn = null
    },
  }
}

/** The first `"type"` of an event. Events are flat at their start, so no parse of megabytes of audio is needed for it. */
const typeOf = (text: string): string => /"type"\s*:\s*"([^"]+)"/.exec(text.slice(0, 4096))?.[1] ?? ''

function modelOf(frames: Buffer[]): string | null {
  for (const frame of frames.toReversed()) {
    const model = /"model"\s*:\s*"([^"]+)"/.exec(frame.toString('utf8', 0, 65_536))?.[1]
    if (model) return model
  }
  return null
}
