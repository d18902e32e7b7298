/**
 * The recorder's thread. It is niced, so that under load the data path comes first: without that, storing took two thirds of a
 * single core from the calls that pass (0.75 → 0.25 of a bare forwarder's throughput; niced 0.55).
 * Trap: threads of libuv's pool that this thread would create inherit its niceness and then slow the journal. So there is no
 * asynchronous fs, zlib or crypto in here; Postgres' sockets do not use the pool, and its host name is looked up once.
 */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { createRecorder, type RecorderDeps } from './loop.ts'
import type { RecorderOptions, ToRecorder } from './messages.ts'

const NICENESS = 15

/** Runs a recorder in this worker thread, until it is told to stop. */
export const runRecorderThread = async (deps: Partial<RecorderDeps> = {}): Promise<void> => {
  const port = parentPort
  if (!port) throw new Error('The recorder is a worker thread of Weir and cannot be started by itself; start Weir.')
  niceThisThread()
  const recorder = createRecorder(workerData as RecorderOptions, {
    post: (message) => port.postMessage(message),
    pull: () => (receiveMessageOnPort(port)?.message as ToRecorder | undefined) ?? null,
    ...deps,
  })
  port.on('message', (message: ToRecorder) => recorder.receive(message))
  await recorder.run()
  port.close()
}

/** Linux gives each thread a niceness of its own, by thread id; elsewhere there is no /proc and nothing is done. */
function niceThisThread(): void {
  try {
    const [, , tid] = readlinkSync('/proc/thread-self').split('/')
    setPriority(Number(tid), NICENESS)
  } catch {
    // Not Linux, or not allowed: slower under load, otherwise the same.
  }
}
