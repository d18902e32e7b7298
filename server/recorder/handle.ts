/**
 * The recorder as the main thread sees it: a worker that is started, listened to, started again when it ends before its time,
 * and asked to finish at the end. A recorder that crashes loses nothing, it reads the journal on from its last commit.
 */
import { Worker } from 'node:worker_threads'
import type { Call } from '../call.ts'
import type { LoopNews } from '../loops/news.ts'
import type { FromRecorder, RecorderOptions, RecorderStatus, StoredCall, ToRecorder } from './messages.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000
/** After this long without a crash the next pause is the first again. */
const WELL_MS = 60_000
/** One call is decoded in milliseconds; a recorder that is at the same one for this long hangs. */
const HANG_MS = 60_000
/** Bodies are bounded by the capture limit; parsed they may need ten times their size. */
const HEAP_MB = 1024
/**
 * Room for new objects. What V8 takes unless told keeps 220 MB resident after a burst, this 140 at the same processor time;
 * half of it costs 15 % more time, because a batch then outlives several collections.
 */
const YOUNG_MB = 48
/** Content on its way to a recorder that is busy or away: messages have no bound of their own. */
const MOST_IN_FLIGHT = 64 * 1024 * 1024

export interface StartRecorder {
  workerUrl: URL | string
  options: RecorderOptions
  /** After the commit, in order of storing. `calls`: the same calls whole; null where `listen` had not yet asked for them. */
  onRecorded(stored: StoredCall[], calls: Call[] | null, seq: number): void
  onStatus(status: RecorderStatus): void
  /** After the commit: what detection saw of loops. */
  onLoops?(news: LoopNews[]): void
  /** A crash or hang, in words; the recorder is being started again. */
  onFailed?(message: string): void
  /** Shorter in tests. */
  hangMs?: number
  /** Smaller in tests. */
  mostInFlight?: number
}

export interface RecorderHandle {
  /** False for a body that was dropped, because too much is on its way already. */
  post(message: Exclude<ToRecorder, { type: 'stop' | 'listen' | 'charges' }>): boolean
  /** From now on each call comes with what it has taken of limits. Holds for every call that is journaled after this. */
  sendCharges(): void
  /** Whole calls are wanted, or no longer. Holds for every call that is journaled after this. */
  listen(on: boolean): void
  /** The last one; null until the recorder has said something. */
  status(): RecorderStatus | null
  /** How often it had to be started again. */
  restarts(): number
  /** Resolves when the recorder owns the data folder and has opened the database. */
  ready: Promise<void>
  /** Lets it record all that is in the journal; after `withinMs` it is ended (nothing is lost, the next start goes on). */
  stop(withinMs?: number): Promise<void>
}

export const startRecorder = (given: StartRecorder): RecorderHandle => {
  const pulse = new Int32Array(new SharedArrayBuffer(8))
  const taken = new Int32Array(new SharedArrayBuffer(4))
  // Both counters wrap; their difference does not, as long as it is below 2 GiB.
  let sent = 0
  const inFlight = () => (sent - Atomics.load(taken, 0)) | 0
  const mostInFlight = given.mostInFlight ?? MOST_IN_FLIGHT
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let worker: Worker
  let status: RecorderStatus | null = null
  let settings: ToRecorder | null = null
  let listen: Extract<ToRecorder, { type: 'listen' }> = { type: 'listen', on: false }
  let charges: ToRecorder | null = null
  let restarts = 0
  let pause = FIRST_PAUSE_MS
  let again: NodeJS.Timeout | null = null
  let stopping = false

  const hear = (message: FromRecorder) => {
    if (message.type === 'recorded') given.onRecorded(message.stored, message.calls, message.seq)
    else if (message.type === 'findings') given.onLoops?.(message.news)
    else if (message.type === 'status') given.onStatus((status = message.status))
    else if (message.type === 'failed') given.onFailed?.(message.message)
    else if (message.type === 'ready') ready.resolve()
  }

  const start = (crashed: boolean) => {
    const startedAt = Date.now()
    let failure: string | null = null
    again = null
    pulse.fill(0)
    taken[0] = sent = 0
    worker = new Worker(given.workerUrl, {
      name: 'weir recorder',
      workerData: { ...given.options, pulse: pulse.buffer, taken: taken.buffer, crashed } satisfies RecorderOptions,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    })
    worker.on('message', hear)
    worker.on('error', (error) => (failure = error instanceof Error ? error.message : String(error)))
    worker.on('exit', (code) => {
      if (stopping) return ended.resolve()
      if (Date.now() - startedAt > WELL_MS) pause = FIRST_PAUSE_MS
      restarts++
      given.onFailed?.(`The recorder ended (${failure ?? `exit code ${code}`}) and is started again in ${pause} ms.`)
      again = setTimeout(() => start(true), pause)
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2)
    })
    if (settings) worker.postMessage(settings)
    if (listen.on) worker.postMessage(listen)
    if (charges) worker.postMessage(charges)
  }

  const watchdog = watchPulse(pulse, given.hangMs ?? HANG_MS, () => void worker.terminate())
  start(false)

  return {
    ready: ready.promise,
    status: () => status,
    restarts: () => restarts,
    post: (message) => {
      if (message.type === 'settings') settings = message
      if (message.type !== 'body') {
        worker.postMessage(message)
        return true
      }
      if (inFlight() + message.bytes.length > mostInFlight) return false
      sent = (sent + message.bytes.length) | 0
      // Cloning a slice would clone all of the memory that it lies in: a copy of its own is handed over instead.
      const bytes = new Uint8Array(message.bytes)
      worker.postMessage({ ...message, bytes }, [bytes.buffer])
      return true
    },
    sendCharges: () => worker.postMessage((charges = { type: 'charges', on: true })),
    listen: (on) => worker.postMessage((listen = { type: 'listen', on })),
    stop: async (withinMs = 30_000) => {
      if (stopping) return ended.promise
      stopping = true
      clearInterval(watchdog)
      if (again) {
        // It is down just now: what it has not recorded waits in the journal.
        clearTimeout(again)
        return ended.resolve()
      }
      worker.postMessage({ type: 'stop' } satisfies ToRecorder)
      const late = setTimeout(() => void worker.terminate(), withinMs)
      await ended.promise
      clearTimeout(late)
    },
  }
}

/** `pulse[0]` counts the calls that were begun, `pulse[1]` is 1 while one of them is being decoded. */
function watchPulse(pulse: Int32Array, hangMs: number, onHang: () => void): NodeJS.Timeout {
  let seen = -1
  let since = Date.now()
  const check = () => {
    const count = Atomics.load(pulse, 0)
    const stuck = Atomics.load(pulse, 1) === 1 && count === seen
    if (!stuck) since = Date.now()
    else if (Date.now() - since >= hangMs) {
      since = Date.now()
      onHang()
    }
    seen = count
  }
  return setInterval(check, Math.max(20, hangMs / 6)).unref()
}
