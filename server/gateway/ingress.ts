/**
 * What can be decided on headers alone, then the body. Not one body byte is read before address and key are known to be good,
 * and `100-continue` is answered only then. JSON up to `ingress.bufferBytes` is held whole; everything else flows.
 */
import { performance } from 'node:perf_hooks'
import { isAwaited } from '../cache/flight.ts'
import { WeirError } from '../errors.ts'
import { isLocalName, isLoopbackAddress } from '../origin.ts'
import { readAddress } from './address.ts'
import { checkAccess } from './admit.ts'
import { mustAwaitKeys, readCaller } from './caller.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { Abort, LiveCall } from './live.ts'

export async function ingress(call: LiveCall, gateway: Gateway): Promise<void> {
  watchClient(call)
  if (gateway.draining())
    throw new WeirError(
      'draining',
      'Weir is shutting down and takes no new calls. Try again: another instance, or this one after its restart, will answer.',
      { headers: { 'retry-after': '1' } },
    )
  if (!gateway.journal.accepting())
    throw new WeirError(
      'journal_full',
      'The journal has reached journal.maxBytes and is set to refuse calls that it cannot record. Free disk space, or see /app for what holds the recorder up.',
    )
  checkHost(call)
  call.address = readAddress(call.target, call.rules.config.basePath)
  if (call.address.provider !== null) call.provider = findProvider(call, call.address.provider)
  if (gateway.keys.reading !== null && mustAwaitKeys(call, gateway)) await gateway.keys.reading
  readCaller(call, gateway)
  checkAccess(call)
  if (call.incoming.headers.expect?.toLowerCase() === '100-continue') call.outgoing.writeContinue()
  await readBody(call, gateway)
  if (call.body.kind === 'whole') call.received = call.body.bytes
}

/**
 * On loopback a web page could reach Weir by a name of its own that it lets resolve to 127.0.0.1 (DNS rebinding), and with it the
 * local models behind Weir, whose own guard never sees that name. So only names count that no stranger can own.
 */
function checkHost(call: LiveCall): void {
  const { config, isTrustedProxy } = call.rules
  if (!isLoopbackAddress(config.host)) return
  const host = call.incoming.headers.host ?? ''
  // A name without a dot is one of this network's: nobody outside can make it resolve.
  if (!host.includes('.') || isLocalName(host, config.host) || isTrustedProxy(call.incoming.socket.remoteAddress ?? ''))
    return
  throw new WeirError(
    'host_refused',
    `Weir listens on loopback and does not answer to the name "${host}". Use localhost or 127.0.0.1; behind a reverse proxy name it under trustedProxies, or set host to the address that Weir shall listen on.`,
  )
}

function findProvider(call: LiveCall, name: string) {
  const provider = call.rules.providers.find(name)
  if (provider) return provider
  const near = call.rules.providers.nearest(name)
  throw new WeirError(
    'unknown_provider',
    `There is no provider "${name}".${near ? ` Did you mean /${near}?` : ''} Built-in providers are used by name, others are named under \`providers\` in weir.yaml.`,
  )
}

/** A client that leaves ends what is done for it, at whatever step. */
function watchClient(call: LiveCall): void {
  call.outgoing.once('close', () => {
    if (call.outgoing.writableFinished || call.answered) return
    call.clientGone = true
    // Others share its answer: it goes on for them.
    if (isAwaited(call)) return
    call.abort?.('client_gone')
  })
}

async function readBody(call: LiveCall, gateway: Gateway): Promise<void> {
  const { incoming } = call
  const declared = incoming.headers['content-length']
  const length = declared === undefined ? null : Number(declared)
  if (length === 0 || (length === null && incoming.headers['transfer-encoding'] === undefined)) return
  call.request.expect(length, captureLimit(call))
  const { bufferBytes } = call.rules.config.ingress
  if (!mayBuffer(headerOf(incoming.rawHeaders, 'content-type')) || (length !== null && length > bufferBytes)) {
    call.body = { kind: 'stream', head: [] }
    return
  }
  await bufferBody(call, gateway, bufferBytes)
  call.bodyAt = performance.now()
}

/** How much of a body may be kept: nothing below `full`. */
export const captureLimit = (call: LiveCall): number =>
  call.capture === 'full' ? call.rules.config.capture.maxBytes : 0

/** Files and audio flow through; whatever may be JSON is worth holding, because it can be read and retried. */
const mayBuffer = (contentType: string | null) =>
  contentType === null || !/^(?:multipart\/|audio\/|video\/|image\/|application\/octet-stream)/i.test(contentType)

function bufferBody(call: LiveCall, gateway: Gateway, limit: number): Promise<void> {
  const { incoming } = call
  const { headTimeout, totalBytes } = call.rules.config.ingress
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const deadline = {
      place: -1,
      at: performance.now() + headTimeout,
      expire: () =>
        stop(
          new WeirError(
            'request_timeout',
            `No byte of the request body came for ${headTimeout / 1000} s (ingress.headTimeout); ${size} bytes had come until then.`,
          ),
        ),
    }
    gateway.deadlines.add(deadline)
    const giveUp: Abort = (why) => stop(why === 'client_gone' ? clientGone() : why)
    call.abort = giveUp
    const stop = (error: WeirError | null) => {
      gateway.deadlines.remove(deadline)
      call.abort = null
      incoming.removeListener('data', onData).removeListener('end', onEnd).removeListener('close', onClose)
      if (!error) return resolve()
      call.body = { kind: 'whole', bytes: Buffer.concat(chunks) }
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      deadline.at = performance.now() + headTimeout
      chunks.push(chunk)
      size += chunk.length
      call.held += chunk.length
      gateway.buffered.bytes += chunk.length
      if (size > limit) {
        incoming.pause()
        call.body = { kind: 'stream', head: chunks }
        stop(null)
      } else if (gateway.buffered.bytes > totalBytes) {
        stop(
          new WeirError(
            'overloaded',
            `Weir holds ${gateway.buffered.bytes} bytes of request bodies, above ingress.totalBytes (${totalBytes}). Try again in a moment.`,
            { headers: { 'retry-after': '1' } },
          ),
        )
      }
    }
    const onEnd = () => {
      call.body = { kind: 'whole', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) }
      stop(null)
    }
    const onClose = () => stop(clientGone())
    incoming.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

const clientGone = () => new WeirError('client_gone', 'The client left before its request body was complete.')
