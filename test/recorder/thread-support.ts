/** A recorder in a worker thread, as the main thread starts it, with what it said. */
import { onTestFinished } from 'vitest'
import type { Call } from '../../server/call.ts'
import { startRecorder, type RecorderHandle } from '../../server/recorder/handle.ts'
import type { RecorderOptions, RecorderStatus } from '../../server/recorder/messages.ts'
import { recorderOptions } from './calls.ts'

export interface Thread {
  handle: RecorderHandle
  wake: SharedArrayBuffer
  calls: Call[]
  seqs: number[]
  statuses: RecorderStatus[]
  failures: string[]
  recorded(count: number): Promise<void>
  said(fits: (status: RecorderStatus) => boolean): Promise<void>
}

const WORKER = new URL('../../server/recorder/worker.ts', import.meta.url)
export const DEADLY = new URL('./workers/deadly.ts', import.meta.url)

export const startThread = (
  dataDir: string,
  {
    options = {},
    workerUrl = WORKER,
    hangMs,
    mostInFlight,
  }: { options?: Partial<RecorderOptions>; workerUrl?: URL; hangMs?: number; mostInFlight?: number } = {},
): Thread => {
  const wake = new SharedArrayBuffer(4)
  const waiting = new Set<() => void>()
  const thread: Omit<Thread, 'handle'> = {
    wake,
    calls: [],
    seqs: [],
    statuses: [],
    failures: [],
    recorded: (count) => until(() => thread.calls.length >= count),
    said: (fits) => until(() => thread.statuses.some(fits)),
  }
  const until = (over: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!over()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const changed = () => {
    for (const look of waiting) look()
  }
  const handle = startRecorder({
    workerUrl,
    options: { ...recorderOptions(dataDir, wake), ...options },
    onRecorded: (_stored, calls, seq) => {
      thread.calls.push(...(calls ?? []))
      thread.seqs.push(seq)
      changed()
    },
    onStatus: (status) => {
      thread.statuses.push(status)
      changed()
    },
    onFailed: (message) => void thread.failures.push(message),
    hangMs,
    mostInFlight,
  })
  handle.listen(true)
  onTestFinished(() => handle.stop())
  return { ...thread, handle }
}
