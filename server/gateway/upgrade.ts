/**
 * WebSockets take the same road as every call: ingress, identify, admit, start, one attempt, finish, around a relay of raw bytes.
 * Handshake headers and an answer other than 101 pass as they came. After the 101 the bytes are the two ends' own; Weir reads
 * frames on a copy and lets the provider's bytes through when what they said is in the journal.
 */
import type { IncomingMessage } from 'node:http'
import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WeirError } from '../errors.ts'
import { admit } from './admit.ts'
import { type LiveAttempt, tryTarget } from './attempt.ts'
import { finish } from './finish.ts'
import { createMessageReader } from './frames.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import { identify } from './identify.ts'
import { captureLimit, ingress } from './ingress.ts'
import { type Answered, type LiveCall, openCall } from './live.ts'
import { refuse } from './refuse.ts'
import { relay } from './relay.ts'
import { start } from './start.ts'
import { createTurns, type Turns } from './turns.ts'

export const createUpgrade =
  (gateway: Gateway) =>
  (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const outgoing = new ServerResponse(incoming)
    outgoing.sendDate = false
    outgoing.assignSocket(socket as Parameters<typeof outgoing.assignSocket>[0])
    outgoing.on('finish', () => socket.end())
    const call = openCall(incoming, outgoing, gateway.rules())
    socket.on('error', () => socket.destroy())
    gateway.running.add(call)
    void live(call, socket, head, gateway)
  }

async function live(call: LiveCall, socket: Duplex, head: Buffer, gateway: Gateway): Promise<void> {
  try {
    await ingress(call, gateway)
    identify(call, gateway)
    // The handshake generates nothing: the responses that come over it are calls of their own.
    call.operation = { name: 'websocket', path: /./, auxiliary: true }
    admit(call, gateway)
    call.request.expect(null, captureLimit(call))
    call.response.expect(null, captureLimit(call))
    await start(call, gateway)
    const attempt = await tryTarget(call, call.upstream!, gateway)
    if (attempt.upgraded) await join(call, attempt, attempt.upgraded, socket, head, gateway)
    else if (attempt.begun) await relay(call, attempt, gateway)
    else throw attempt.failure ?? new WeirError('upstream_failed', 'The handshake was not answered.')
  } catch (error) {
    refuse(call, error)
  } finally {
    await finish(call, gateway)
  }
}

/** Both ends are open: bytes pass until one of them closes. */
async function join(call: LiveCall, attempt: LiveAttempt, upstream: Duplex, client: Duplex, head: Buffer, gateway: Gateway): Promise<void> {
  await gateway.journal.attempt(call.id, attempt.meta)
  call.outgoing.detachSocket(client as Parameters<typeof call.outgoing.detachSocket>[0])
  client.write(handshakeAnswer(call, attempt))
  call.ending = { kind: 'destroy' }
  const over = Promise.withResolvers<Answered>()
  const closing = (outcome: Answered['outcome'], errorCode: string | null, errorMessage: string | null) => over.resolve({ outcome, status: 101, errorCode, errorMessage })
  call.abort = (why) => (why === 'client_gone' ? closing('client_abort', null, null) : closing('error', why.code, why.message))
  const turns = createTurns(call, gateway, call.abort)
  const extensions = headerOf(attempt.rawHeaders, 'sec-websocket-extensions')

  const up = pass({ from: client, to: upstream, read: readerFor(turns, true, extensions) })
  const down = pass({ from: upstream, to: client, read: readerFor(turns, false, extensions) })
  if (head.length > 0) client.unshift(head)
  client.on('close', () => closing('ok', null, null))
  upstream.on('close', () => closing('ok', null, null))
  upstream.on('error', (error) => closing('upstream_abort', 'upstream_reset', `${attempt.target.name} broke the WebSocket: ${error.message}`))
  client.on('error', () => closing('client_abort', 'client_gone', 'The client broke the WebSocket.'))

  const answered = await over.promise
  await Promise.all([up.done(), down.done()])
  await turns.close(answered.outcome === 'ok' ? { ...answered, outcome: 'client_abort', errorCode: 'client_gone', errorMessage: 'The WebSocket was closed before this response had ended.' } : answered)
  client.end()
  upstream.end()
  call.answered = answered
}

function readerFor(turns: Turns, fromClient: boolean, extensions: string | null): (bytes: Buffer) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve()
  const reader = createMessageReader({
    fromClient,
    extensions,
    onMessage(text, size) {
      if (fromClient) turns.fromClient(text, size)
      else last = turns.fromServer(text, size)
    },
  })
  return async (bytes) => {
    await reader.push(bytes)
    await last
  }
}

/** One direction: read on a copy, then on to the other end, in order and under back-pressure. */
function pass({ from, to, read }: { from: Duplex; to: Duplex; read(bytes: Buffer): Promise<unknown> }): { done(): Promise<void> } {
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  from.on('data', (bytes: Buffer) => {
    waiting += bytes.length
    if (waiting > 1024 * 1024) from.pause()
    last = last
      .then(() => read(bytes))
      .then(() => {
        waiting -= bytes.length
        if (to.writable && !to.write(bytes)) {
          from.pause()
          to.once('drain', () => from.resume())
        } else if (from.isPaused()) from.resume()
      })
  })
  from.on('end', () => void last.then(() => to.end()))
  return { done: () => last }
}

function handshakeAnswer(call: LiveCall, attempt: LiveAttempt): string {
  const lines = [`HTTP/1.1 101 ${attempt.statusMessage || 'Switching Protocols'}`]
  for (let i = 0; i < attempt.rawHeaders.length; i += 2) lines.push(`${attempt.rawHeaders[i]}: ${attempt.rawHeaders[i + 1]}`)
  lines.push(`x-weir-call-id: ${call.id}`, '', '')
  return lines.join('\r\n')
}
