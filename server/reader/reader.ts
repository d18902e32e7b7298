/** One reader thread, seen from the main thread: takes jobs as long as it has room, and ends when nobody asks, or when it hangs. */
import { Worker } from 'node:worker_threads'
import { ApiError } from '../api/problem.ts'
import type { FromReader, ReaderOptions, ToReader } from './messages.ts'

export interface Job {
  question: { id: number; name: string; args: unknown; json: boolean }
  done: boolean
  /** Called once, when it is answered or given up. */
  settled: () => void
  /** Set by the reader that works on it. */
  onGivenUp: (() => void) | null
  resolve(value: unknown): void
  reject(error: Error): void
  giveUp(error: ApiError): void
}

export interface Reader {
  /** How many more jobs it takes now. */
  room(): number
  /** Its database is open. */
  ready(): boolean
  /** It takes no more jobs and will be gone. */
  leaving(): boolean
  take(job: Job): void
  end(): Promise<void>
}

export interface ReaderSettings {
  workerUrl: URL
  options: ReaderOptions
  idleMs: number
  onRoom(): void
  onGone(): void
}

/** What nobody waits for any more may still end by itself; after this the thread is stopped. */
const GRACE_MS = 2_000

export const createReader = ({ workerUrl, options, idleMs, onRoom, onGone }: ReaderSettings): Reader => {
  const worker = new Worker(workerUrl, { workerData: options, name: 'weir-reader' })
  const jobs = new Map<number, Job>()
  let atOnce = 1
  let open = false
  let gone = false
  let leaving = false
  let idle: NodeJS.Timeout | null = null
  let failure = 'the reader thread ended unexpectedly'

  const post = (message: ToReader) => worker.postMessage(message)
  const leave = () => {
    leaving = true
    post({ type: 'close' })
  }
  const settle = (id: number, how: (job: Job) => void) => {
    const job = jobs.get(id)
    if (!job) return
    jobs.delete(id)
    how(job)
    if (jobs.size === 0) rest()
    onRoom()
  }
  /** An idle thread neither keeps the process alive nor stays for long. */
  const rest = () => {
    worker.unref()
    idle = setTimeout(leave, idleMs).unref()
  }

  worker.on('message', (message: FromReader) => {
    if (message.type === 'ready') {
      atOnce = message.atOnce
      open = true
      onRoom()
    } else if (message.type === 'answer') settle(message.id, (job) => job.resolve(message.value))
    else settle(message.id, (job) => job.reject(toError(message)))
  })
  worker.on('error', (error) => {
    leaving = true
    failure = error instanceof Error ? error.message : String(error)
  })
  worker.on('exit', () => {
    gone = true
    leaving = true
    if (idle) clearTimeout(idle)
    for (const job of jobs.values()) job.reject(threadFailed(job.question.name, failure))
    jobs.clear()
    onGone()
  })

  return {
    room: () => (leaving ? 0 : atOnce - jobs.size),
    ready: () => open,
    leaving: () => leaving,
    take(job) {
      if (idle) clearTimeout(idle)
      idle = null
      worker.ref()
      jobs.set(job.question.id, job)
      job.onGivenUp = () => setTimeout(() => jobs.has(job.question.id) && stop(), GRACE_MS).unref()
      post({ type: 'ask', ...job.question })
    },
    async end() {
      if (gone) return
      failure = 'Weir is shutting down'
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
      if (jobs.size === 0) leave()
      else stop()
      await exited
    },
  }

  function stop() {
    leaving = true
    void worker.terminate()
  }
}

const toError = (failed: Extract<FromReader, { type: 'failed' }>): ApiError =>
  new ApiError(failed.code ?? 'reader_failed', failed.message)

const threadFailed = (name: string, why: string) =>
  new ApiError('reader_failed', `The question "${name}" was not answered: ${why}.`, {
    help: 'Ask again: a new reader thread is started. If it stays, the log of Weir says more.',
  })
