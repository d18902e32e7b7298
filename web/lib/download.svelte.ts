/** Streams an export into a file, counting rows on the way, and can be stopped. The bytes gather in Blobs, which the browser may put on disk. */
import type { Api } from './api.ts'
import { isAbort } from './api.ts'

export interface Download {
  readonly state: 'idle' | 'running' | 'failed' | 'done'
  readonly rows: number
  /** How many there will be; null when not known beforehand. */
  readonly total: number | null
  readonly problem: string
  start(url: string, name: string): void
  cancel(): void
}

const NEWLINE = 10

export function createDownload(api: Pick<Api, 'send'>): Download {
  let state = $state<Download['state']>('idle')
  let rows = $state(0)
  let total = $state<number | null>(null)
  let problem = $state('')
  let abort = new AbortController()

  async function run(url: string, name: string) {
    abort.abort()
    abort = new AbortController()
    ;[state, rows, total, problem] = ['running', 0, null, '']
    try {
      const response = await api.send(url, { signal: abort.signal })
      const known = response.headers.get('x-weir-total')
      total = known === null ? null : Number(known)
      const pieces: Blob[] = []
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
        pieces.push(new Blob([bytes]))
        for (const byte of bytes) if (byte === NEWLINE) rows++
      }
      save(new Blob(pieces, { type: response.headers.get('content-type') ?? '' }), name)
      state = 'done'
    } catch (reason) {
      state = isAbort(reason) ? 'idle' : 'failed'
      problem = isAbort(reason) ? '' : (reason as Error).message
    }
  }

  return {
    get state() {
      return state
    },
    get rows() {
      return rows
    },
    get total() {
      return total
    },
    get problem() {
      return problem
    },
    start: (url, name) => void run(url, name),
    cancel() {
      abort.abort()
      state = 'idle'
    },
  }
}

function save(blob: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
