/**
 * WebSockets take the same road as every call: ingress, identify, admit, start, one attempt, finish, around a relay of raw bytes
 * (join.ts). Handshake headers and an answer other than 101 pass as they came.
 */
import type { IncomingMessage } from 'node:http'
import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WeirError } from '../errors.ts'
import { isGateway } from './address.ts'
import { admit } from './admit.ts'
import { tryTarget } from './attempt.ts'
import { finish } from './finish.ts'
import type { Gateway } from './gateway.ts'
import { identify } from './identify.ts'
import { captureLimit, ingress } from './ingress.ts'
import { join } from './join.ts'
import { type LiveCall, openCall } from './live.ts'
import { refuse } from './refuse.ts'
import { relay } from './relay.ts'
import { start } from './start.ts'

export const createUpgrade =
  (gateway: Gateway) =>
  (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    const rules = gateway.rules()
    if (!isGateway(incoming.url ?? '/', rules.config.basePath)) return turnAway(socket, rules.config.basePath)
    const outgoing = new ServerResponse(incoming)
    outgoing.sendDate = false
    outgoing.assignSocket(socket as Parameters<typeof outgoing.assignSocket>[0])
    outgoing.on('finish', () => socket.end())
    const call = openCall(incoming, outgoing, rules)
    gateway.running.add(call)
    void live(call, socket, head, gateway)
  }

async function live(call: LiveCall, socket: Duplex, head: Buffer, gateway: Gateway): Promise<void> {
  try {
    await ingress(call, gateway)
    identify(call, gateway)
    if (!call.upstream)
      throw new WeirError(
        'bad_request',
        `There is no WebSocket at ${call.target.split('?', 1)[0]}: send this request without the Upgrade header.`,
      )
    call.model ??= modelInQuery(call.address!.rest)
    const spoken = call.operation!
    // The handshake generates nothing: the responses that come over it are calls of their own.
    call.operation = { name: 'websocket', path: /./, auxiliary: true }
    admit(call, gateway)
    call.request.expect(null, captureLimit(call))
    call.response.expect(null, captureLimit(call))
    await start(call, gateway)
    const attempt = await tryTarget(call, call.upstream, gateway)
    if (attempt.upgraded)
      await join({ call, attempt, spoken, client: socket, upstream: attempt.upgraded, head, gateway })
    else if (attempt.begun) await relay(call, attempt, gateway)
    else throw attempt.failure ?? new WeirError('upstream_failed', 'The handshake was not answered.')
  } catch (error) {
    refuse(call, error)
  } finally {
    await finish(call, gateway)
  }
}

/** Realtime names its model there, Azure its deployment: https://platform.openai.com/docs/guides/realtime-websocket */
function modelInQuery(rest: string): string | null {
  const at = rest.indexOf('?')
  if (at < 0) return null
  const query = new URLSearchParams(rest.slice(at + 1))
  return query.get('model') || query.get('deployment') || null
}

/** Outside of the gateway nothing speaks WebSocket: it is no call, only a mistaken address. */
function turnAway(socket: Duplex, basePath: string): void {
  const message = `There is no WebSocket at this address. Providers' WebSockets are at ${basePath}/PROVIDER/…, such as ${basePath}/openai/v1/realtime.`
  const body = JSON.stringify({
    error: { message, type: 'invalid_request_error', param: null, code: 'unknown_provider' },
  })
  socket.end(
    `HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-weir-error: unknown_provider\r\nconnection: close\r\n\r\n${body}`,
  )
}
