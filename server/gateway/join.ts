/**
 * A WebSocket that both ends have agreed on: bytes pass until one of them is done. They are the two ends' own; Weir reads frames
 * on a copy, and lets bytes on when what they said is in the journal. Who ended it first decides how the calls on it ended.
 */
import type { Duplex } from 'node:stream'
import type { Operation } from '../dialects/dialect.ts'
import { WeirError } from '../errors.ts'
import type { Direction } from '../journal/entry.ts'
import type { LiveAttempt } from './attempt.ts'
import { farewell } from './farewell.ts'
import { frame, TEXT } from './frame.ts'
import { createMessageReader, type MessageReader } from './frames.ts'
import type { Gateway } from './gateway.ts'
import { headerOf, ownHeaders } from './headers.ts'
import { createHeldFrames } from './held-frames.ts'
import type { Abort, Answered, LiveCall } from './live.ts'
import { isLimited } from './reserve.ts'
import { asRead, createWeave, pass } from './socket-pass.ts'
import { createTurns, type Turns } from './turns.ts'

export interface Ends {
  call: LiveCall
  attempt: LiveAttempt
  /** What is done over the socket, as the path says it. */
  spoken: Operation
  client: Duplex
  upstream: Duplex
  /** The client's first bytes after its handshake. */
  head: Buffer
  gateway: Gateway
}

type Side = 'client' | 'upstream'

/** What is known of the end of a socket, as it comes to light. */
interface Closing {
  /** The first Close frame. */
  said: { by: Side; code: number; reason: string } | null
  /** The first end or break of a connection. */
  left: { by: Side; why: string | null } | null
  canceled: WeirError | null
}

const REFRAMED = {
  what: 'compressed messages of the client go on uncompressed from here',
  why: 'a refused response.create was taken out, and with it a part of what later messages are compressed against',
}
const LOST =
  'A message of this WebSocket could not be read after a refused one had been taken out, so it cannot be sent on. Open the socket again.'
/** Closing frames and last bytes may still be on their way to an end that is done. */
const LINGER_MS = 2000

export async function join({ call, attempt, spoken, client, upstream, head, gateway }: Ends): Promise<void> {
  const closing: Closing = { said: null, left: null, canceled: null }
  const over = Promise.withResolvers<void>()
  // Before anything is awaited: a break that nobody listens for would end the process.
  watch('client', client, closing, over.resolve)
  watch('upstream', upstream, closing, over.resolve)
  const abort: Abort = (why) => {
    if (why === 'client_gone') closing.left ??= { by: 'client', why: null }
    else closing.canceled ??= why
    over.resolve()
  }
  call.abort = abort
  await gateway.journal.attempt(call.id, attempt.meta)
  call.outgoing.detachSocket(client as Parameters<typeof call.outgoing.detachSocket>[0])
  // Header values are latin1 on the wire, as Node's own server writes them.
  client.write(handshakeAnswer(call, attempt), 'latin1')
  call.ending = { kind: 'destroy' }

  // Where nothing can refuse a response, bytes pass as they come.
  const guarded = call.weirKey !== null || isLimited(call, gateway)
  let refused = false
  const turns = createTurns(call, spoken, gateway, {
    abort,
    refuse(event) {
      if (!guarded || holding.hasLeaked()) return false
      refused = true
      insert(frame(TEXT, event))
      return true
    },
  })
  const extensions = headerOf(attempt.rawHeaders, 'sec-websocket-extensions')
  const reading = (by: Side) =>
    createReading(turns, by, extensions, (code, reason) => (closing.said ??= { by, code, reason }))
  const [asked, answered] = [reading('client'), reading('upstream')]
  const holding = createHeldFrames({
    extensions,
    unreadable: () => asked.reader.problem !== null,
    async read(bytes) {
      refused = false
      const message = await asked.read(bytes)
      return message && { ...message, refused }
    },
    onReframed: () => call.changes.push(REFRAMED),
    onLost: () => abort(new WeirError('bad_request', LOST)),
  })
  if (head.length > 0) client.unshift(head)
  const up = pass(client, upstream, guarded ? holding.take : asRead(asked.read))
  const weave = guarded ? createWeave() : null
  const down = pass(upstream, client, asRead(answered.read), weave?.pass)
  const insert = (bytes: Buffer) => {
    const now = weave!.add(bytes)
    if (now && client.writable) client.write(now)
  }

  await over.promise
  if (!closing.canceled) await Promise.all([up.done(), down.done()])
  for (const direction of [up, down]) direction.stop()
  for (const { reader } of [asked, answered]) reader.close()
  call.answered = judge(closing, turns.open() > 0, attempt.target.name)
  const last = closing.canceled && turns.open() <= 1 ? farewell(call.dialect, closing.canceled) : null
  await turns.close(midResponse(closing, attempt.target.name), isClean(closing))
  if (last && client.writable) client.write(last)
  const end = closing.canceled ? (socket: Duplex) => socket.destroy() : letGo
  for (const socket of [client, upstream]) (socket === client && last ? letGo : end)(socket)
}

function watch(by: Side, socket: Duplex, closing: Closing, over: () => void): void {
  const left = (why: string | null) => {
    closing.left ??= { by, why }
    over()
  }
  socket.on('end', () => left(null))
  socket.on('close', () => left(null))
  socket.on('error', (error) => left(error.message))
  if (socket.destroyed) left(null)
}

/** Both ends said goodbye, with a code that means nothing else (RFC 6455 §7.4.1: normal, going away, none given). */
const isClean = ({ said, canceled }: Closing) =>
  canceled === null && said !== null && [1000, 1001, 1005].includes(said.code)

/** The handshake's own fate: of a socket that was closed in good order nothing is said, whatever was under way on it. */
function judge(closing: Closing, underWay: boolean, name: string): Answered {
  if (isClean(closing) && !(underWay && closing.said!.by === 'upstream'))
    return { outcome: 'ok', status: 101, errorCode: null, errorMessage: null }
  return fate(closing, name, '')
}

/** The fate of a response that had not ended. */
const midResponse = (closing: Closing, name: string) => fate(closing, name, ' before this response had ended')

function fate({ said, left, canceled }: Closing, name: string, when: string): Answered {
  if (canceled) return { outcome: 'error', status: 101, errorCode: canceled.code, errorMessage: canceled.message }
  const by = said?.by ?? left?.by
  const how = said
    ? `closed the WebSocket with ${said.code}${said.reason ? ` (${said.reason})` : ''}`
    : `broke the WebSocket${left?.why ? ` (${left.why})` : ' without a Close frame'}`
  return by === 'upstream'
    ? { outcome: 'upstream_abort', status: 101, errorCode: 'upstream_reset', errorMessage: `${name} ${how}${when}.` }
    : { outcome: 'client_abort', status: 101, errorCode: 'client_gone', errorMessage: `The client ${how}${when}.` }
}

interface Message {
  bytes: Buffer
  isBinary: boolean
}

/** Reads one direction; settles when what these bytes said is in the journal, with the message that they ended, if one. */
function createReading(
  turns: Turns,
  by: Side,
  extensions: string | null,
  onClose: (code: number, reason: string) => void,
): { reader: MessageReader; read(bytes: Buffer): Promise<Message | null> } {
  const direction: Direction = by === 'client' ? 'request' : 'response'
  let written: Promise<unknown> = Promise.resolve()
  let message: Message | null = null
  const reader = createMessageReader({
    fromClient: by === 'client',
    extensions,
    onMessage(bytes, isBinary) {
      message = { bytes, isBinary }
      written = by === 'client' ? turns.fromClient(bytes, isBinary) : turns.fromServer(bytes, isBinary)
    },
    onClose,
  })
  return {
    reader,
    async read(bytes) {
      message = null
      const lost = await reader.push(bytes)
      if (lost > 0) written = turns.unread(direction, lost, reader.problem!)
      const ended = message
      await written
      return ended
    },
  }
}

/** What was written arrives, and then the connection ends, whether the other end wants it or not. */
function letGo(socket: Duplex): void {
  if (socket.destroyed) return
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(timer))
  socket.resume()
  socket.end()
}

function handshakeAnswer(call: LiveCall, attempt: LiveAttempt): string {
  const lines = [`HTTP/1.1 101 ${attempt.statusMessage || 'Switching Protocols'}`]
  // Here `connection` and `upgrade` are the answer itself.
  const headers = [
    ...attempt.rawHeaders.filter((_, i) => !attempt.rawHeaders[i - (i % 2)]!.toLowerCase().startsWith('x-weir-')),
    ...ownHeaders(call, call.overheadMs, attempt.meta.headersMs),
  ]
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  lines.push('', '')
  return lines.join('\r\n')
}
