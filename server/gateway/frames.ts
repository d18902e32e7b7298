/**
 * Reads a WebSocket's messages on a copy of its bytes, permessage-deflate too; the bytes that pass are never touched.
 * What cannot be read (a broken frame, an unknown extension) ends the reading and not the connection.
 */
import { extension, PerMessageDeflate, Receiver } from 'ws'

export interface MessageReader {
  /** Settles when every message that ended in these bytes has been handed on, in order. Never rejects. */
  push(bytes: Buffer): Promise<void>
  /** Why reading has stopped, else null. */
  readonly problem: string | null
}

export interface MessageReaderOptions {
  /** True for the client's bytes (they are masked), false for the server's. */
  fromClient: boolean
  /** `sec-websocket-extensions` of the 101 answer; null: none agreed on. */
  extensions: string | null
  onMessage(text: string | null, size: number): void
}

/** A message above this is passed on and not read. */
const MAX_MESSAGE = 64 * 1024 * 1024

export function createMessageReader({ fromClient, extensions, onMessage }: MessageReaderOptions): MessageReader {
  let problem: string | null = null
  const receiver = new Receiver({
    isServer: fromClient,
    extensions: agreed(extensions, fromClient),
    maxPayload: MAX_MESSAGE,
    skipUTF8Validation: true,
  })
  receiver.on('message', (data: Buffer, isBinary: boolean) => onMessage(isBinary ? null : data.toString('utf8'), data.length))
  receiver.on('error', (error: Error) => (problem ??= error.message))

  return {
    push: (bytes) =>
      new Promise((resolve) => {
        if (problem !== null || receiver.writableEnded) return resolve()
        // Unmasking works in place, so the receiver gets bytes of its own.
        receiver.once('error', resolve)
        receiver.write(Buffer.from(bytes), () => {
          receiver.removeListener('error', resolve)
          resolve()
        })
      }),
    get problem() {
      return problem
    },
  }
}

function agreed(header: string | null, fromClient: boolean): Record<string, PerMessageDeflate> {
  const offered = header === null ? undefined : extension.parse(header)['permessage-deflate']
  if (!offered) return {}
  // Its reading side: as a server it inflates what the client deflated, and the other way about.
  const deflate = new PerMessageDeflate({ isServer: fromClient, maxPayload: MAX_MESSAGE })
  deflate.params = flatten(offered[0] ?? {})
  return { 'permessage-deflate': deflate }
}

/** The parser gives lists and `true` or text; the inflater wants single values and numbers. */
function flatten(parameters: Record<string, (string | true)[]>): Record<string, number | boolean> {
  const flat: Record<string, number | boolean> = {}
  for (const [name, [value]] of Object.entries(parameters)) flat[name] = typeof value === 'string' ? Number(value) : true
  return flat
}
