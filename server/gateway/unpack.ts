/** Request bodies that came compressed: opened only where the model in them must be read, off the main thread. */
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { WeirError } from '../errors.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'

export const isEncoded = (call: LiveCall) => {
  if (call.dropHeaders.includes('content-encoding')) return false
  const encoding = headerOf(call.incoming.rawHeaders, 'content-encoding')
  return encoding !== null && encoding.toLowerCase() !== 'identity'
}

/** Whether `unpackForModel` has something to do. */
export const isPacked = (call: LiveCall): boolean =>
  call.body.kind === 'whole' &&
  isEncoded(call) &&
  (call.address!.provider === null || mayTakeRoute(call) || hasListOfModels(call))

const mayTakeRoute = (call: LiveCall) =>
  call.rules.routes !== null && headerOf(call.incoming.rawHeaders, 'x-weir-route') !== null

/** What such a key may not do must be seen, and what cannot be seen is refused. */
const hasListOfModels = (call: LiveCall) => call.weirKey !== null && call.weirKey.models !== null

const DECODERS: Record<string, ((bytes: Buffer) => Promise<Buffer>) | undefined> = {
  gzip: bounded(gunzip),
  deflate: bounded(inflate),
  br: bounded(brotliDecompress),
  zstd: bounded(zstdDecompress),
}

function bounded(
  decode: (
    bytes: Buffer,
    options: { maxOutputLength: number },
    done: (error: Error | null, result: Buffer) => void,
  ) => void,
) {
  const run = promisify(decode)
  return (bytes: Buffer) => run(bytes, { maxOutputLength: 64 * 2 ** 20 })
}

const whyRead = (call: LiveCall) =>
  hasListOfModels(call) ? 'the key may be used for some models only' : '/v1: the model in it picks the provider'

/** Under `/v1` the model must be read, and may be rewritten: a compressed body is opened off the main thread and goes on plain. */
export async function unpackForModel(call: LiveCall): Promise<void> {
  if (call.body.kind !== 'whole') return
  const encoding = headerOf(call.incoming.rawHeaders, 'content-encoding')!.toLowerCase()
  const decode = DECODERS[encoding]
  if (!decode)
    throw new WeirError(
      'bad_request',
      `Weir cannot read a body with content-encoding "${encoding}", and the model in it must be read (${whyRead(call)}). Use gzip, br, deflate, zstd, or the provider's own address.`,
    )
  try {
    call.body = { kind: 'whole', bytes: await decode(call.body.bytes) }
  } catch (cause) {
    throw new WeirError('bad_request', `The request body is not valid ${encoding}, as content-encoding says it is.`, {
      cause,
    })
  }
  call.dropHeaders.push('content-encoding')
  call.changes.push({ what: `request body decompressed (${encoding})`, why: whyRead(call) })
}
