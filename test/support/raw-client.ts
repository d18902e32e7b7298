/** A client of bare bytes over a socket: what stands here is what goes out, and what comes in is shown as it came. */
import { connect } from 'node:net'

export interface RawAnswer {
  raw: Buffer
  statusLine: string
  headers: [string, string][]
  /** Decoded from chunks where it came in chunks. */
  body: Buffer
  /** It ended as HTTP says; false: the connection was closed before that. */
  whole: boolean
  /** First value, by lower-case name. */
  header(name: string): string | null
}

/** Sends lines with CRLF between them (Buffers as they are) and reads until the answer is whole, or matches `after`. */
export function exchange(
  port: number,
  lines: (string | Buffer)[],
  { after }: { after?: RegExp } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let raw = Buffer.alloc(0)
    const head = Buffer.concat(
      lines.map((line, i) =>
        Buffer.concat([
          typeof line === 'string' ? Buffer.from(line, 'latin1') : line,
          i < lines.length - 1 ? Buffer.from('\r\n') : Buffer.alloc(0),
        ]),
      ),
    )
    const isHead = head.subarray(0, 5).toString() === 'HEAD '
    const answer = (): RawAnswer => ({ ...parse(raw), whole: isWhole(raw, isHead) })
    const finish = () => {
      socket.destroy()
      resolve(answer())
    }
    socket.on('data', (bytes) => {
      raw = Buffer.concat([raw, bytes])
      if (after ? after.test(raw.toString('latin1')) : isWhole(raw, isHead)) finish()
    })
    socket.on('close', () =>
      raw.length > 0 ? resolve(answer()) : reject(new Error('The connection was closed without an answer.')),
    )
    socket.on('error', (error) => (raw.length > 0 ? finish() : reject(error)))
    socket.write(head)
  })
}

function isWhole(raw: Buffer, isHead: boolean): boolean {
  const end = raw.indexOf('\r\n\r\n')
  if (end < 0) return false
  const answer = parse(raw)
  if (isHead || / (204|304) /.test(`${answer.statusLine} `)) return true
  if (answer.header('transfer-encoding') === 'chunked')
    return /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(raw.toString('latin1', end))
  const length = answer.header('content-length')
  return length !== null && raw.length >= end + 4 + Number(length)
}

function parse(raw: Buffer): Omit<RawAnswer, 'whole'> {
  const end = raw.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = raw.toString('latin1', 0, end < 0 ? raw.length : end).split('\r\n')
  const headers = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const header = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? null
  const rest = end < 0 ? Buffer.alloc(0) : raw.subarray(end + 4)
  return { raw, statusLine, headers, header, body: header('transfer-encoding') === 'chunked' ? unchunk(rest) : rest }
}

function unchunk(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) break
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (!size) break
    pieces.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
  return Buffer.concat(pieces)
}
