/**
 * Reads a WebSocket's messages on a copy of its bytes, permessage-deflate too; the bytes that pass are never touched.
 * What cannot be read (a broken frame, an unknown extension) ends the reading and not the connection: from there on the bytes
 * are counted, and the call says that it does not hold them.
 */
import { extension, PerMessageDeflate, Receiver } from 'ws'

export interface MessageReader {
  /**
   * Settles when every message that ended in these bytes has been handed on, in order, with the number of bytes that will never
   * be read: 0 while all is well. Where reading stops, that is all that came since the last message, to the end of this piece.
   * Never rejects.
   */
  push(bytes: Buffer): Promise<number>
  /** Why reading has stopped, else null. */
  readonly problem: string | null
  /** Frees the inflater; what is pushed after it is not read. */
  close(): void
}

export interface MessageReaderOptions {
  /** True for the client's bytes (they are masked), false for the server's. */
  fromClient: boolean
  /** `sec-websocket-extensions` of the 101 answer; null: none agreed on. */
  extensions: string | null
  onMessage(bytes: Buffer, isBinary: boolean): void
  /** A Close frame; 1005 when it held no code. Nothing is read after it. */
  onClose(code: number, reason: string): void
}

/** A message above this is passed on and not read. */
const MAX_MESSAGE = 64 * 1024 * 1024

export function createMessageReader({
  fromClient,
  extensions,
  onMessage,
  onClose,
}: MessageReaderOptions): MessageReader {
  let problem: string | null = null
  let closed = false
  let sinceMessage = 0
  const fail = (error: unknown) => (problem ??= error instanceof Error ? error.message : String(error))
  const deflate = agreed(extensions, fromClient, fail)
  const receiver = new Receiver({
    isServer: fromClient,
    extensions: deflate ? { 'permessage-deflate': deflate } : {},
    maxPayload: MAX_MESSAGE,
    skipUTF8Validation: true,
  })
  receiver.on('message', (bytes: Buffer, isBinary: boolean) => {
    sinceMessage = 0
    if (!closed) onMessage(bytes, isBinary)
  })
  receiver.on('conclude', (code: number, reason: Buffer) => onClose(code, reason.toString('utf8')))
  receiver.on('error', fail)

  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      if (problem !== null || closed || receiver.writableEnded) return resolve()
      const done = () => {
        receiver.removeListener('error', done)
        resolve()
      }
      receiver.once('error', done)
      try {
        // Unmasking works in place, so the receiver gets bytes of its own.
        receiver.write(Buffer.from(bytes), done)
      } catch (error) {
        // Such as window bits that zlib does not know.
        fail(error)
        done()
      }
    })

  return {
    async push(bytes) {
      sinceMessage += bytes.length
      await write(bytes)
      if (problem === null) return 0
      const lost = Math.max(sinceMessage, bytes.length)
      sinceMessage = 0
      return lost
    },
    get problem() {
      return problem
    },
    close() {
      closed = true
      deflate?.cleanup()
    },
  }
}

function agreed(header: string | null, fromClient: boolean, fail: (error: unknown) => void): PerMessageDeflate | null {
  try {
    const offered = header === null ? undefined : extension.parse(header)['permessage-deflate']
    if (!offered) return null
    // Its reading side: as a server it inflates what the client deflated, and the other way about.
    const deflate = new PerMessageDeflate({ isServer: fromClient, maxPayload: MAX_MESSAGE })
    deflate.params = flatten(offered[0] ?? {})
    return deflate
  } catch (error) {
    fail(error)
    return null
  }
}

/** The parser gives lists and `true` or text; the inflater wants single values and numbers. */
function flatten(parameters: Record<string, (string | true)[]>): Record<string, number | boolean> {
  const flat: Record<string, number | boolean> = {}
  for (const [name, [value]] of Object.entries(parameters))
    flat[name] = typeof value === 'string' ? Number(value) : true
  return flat
}
