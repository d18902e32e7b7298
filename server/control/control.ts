/**
 * The way from the main thread to the control thread: something to do by name, its outcome or an error. The thread starts with the
 * first thing to do and ends when there is nothing more. This file knows the commands as types only: importing it must not bring
 * the database into the main thread.
 */
import { Worker } from 'node:worker_threads'
import { ApiError } from '../api/problem.ts'
import type { commands } from './commands.ts'
import type { ControlOptions, FromControl, ToControl } from './messages.ts'

type Commands = typeof commands
export type CommandName = keyof Commands

export interface Tell {
  /** @throws ApiError `name_taken`, `not_found`, `key_revoked`, `write_failed` */
  <N extends CommandName>(name: N, args: Parameters<Commands[N]>[1]): Promise<Awaited<ReturnType<Commands[N]>>>
  /** Threads that are alive now: 0 or 1. */
  threads(): number
  /** What is under way is done first. */
  close(): Promise<void>
}

export interface TellSettings {
  workerUrl: URL
  options: ControlOptions
  /** A thread that has had nothing to do this long ends. */
  idleMs?: number
  /** Longer than SQLite waits for the recorder. */
  timeoutMs?: number
}

export const createTell = ({ workerUrl, options, idleMs = 10_000, timeoutMs = 30_000 }: TellSettings): Tell => {
  const threads = new Set<Thread>()
  let current: Thread | null = null
  let nextId = 1
  let closed = false

  const start = (): Thread => {
    const thread = createThread({
      workerUrl,
      options,
      idleMs,
      onLeaving: () => void (current = current === thread ? null : current),
      onGone: () => void threads.delete(thread),
    })
    threads.add(thread)
    return thread
  }

  const tell = (name: string, args: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      if (closed) return reject(notDone('Weir is shutting down.'))
      current ??= start()
      const timer = setTimeout(
        () => reject(notDone(`The database did not take the change within ${timeoutMs / 1000} s.`)),
        timeoutMs,
      )
      const settled =
        <T>(how: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          how(value)
        }
      current.put({ id: nextId++, name, args }, { resolve: settled(resolve), reject: settled(reject) })
    })

  return Object.assign(tell, {
    threads: () => threads.size,
    async close() {
      closed = true
      await Promise.all([...threads].map((thread) => thread.end()))
    },
  }) as Tell
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

interface Thread {
  put(job: { id: number; name: string; args: unknown }, waiting: Waiting): void
  end(): Promise<void>
}

interface ThreadSettings extends Required<Pick<TellSettings, 'workerUrl' | 'options' | 'idleMs'>> {
  /** It takes nothing more. */
  onLeaving(): void
  onGone(): void
}

function createThread({ workerUrl, options, idleMs, onLeaving, onGone }: ThreadSettings): Thread {
  const worker = new Worker(workerUrl, { workerData: options, name: 'weir-control' })
  const jobs = new Map<number, Waiting>()
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let idle: NodeJS.Timeout | null = null
  let failure = 'the control thread ended unexpectedly'

  const post = (message: ToControl) => worker.postMessage(message)
  const leave = () => {
    onLeaving()
    post({ type: 'close' })
  }
  worker.on('message', (message: FromControl) => {
    const job = jobs.get(message.id)
    jobs.delete(message.id)
    if (message.type === 'done') job?.resolve(message.value)
    else job?.reject(toError(message))
    if (jobs.size > 0) return
    // An idle thread neither keeps the process alive nor stays for long.
    worker.unref()
    idle = setTimeout(leave, idleMs).unref()
  })
  worker.on('error', (error) => {
    onLeaving()
    failure = error instanceof Error ? error.message : String(error)
  })
  worker.on('exit', () => {
    onLeaving()
    if (idle) clearTimeout(idle)
    for (const job of jobs.values()) job.reject(notDone(`The change was not made: ${failure}.`))
    jobs.clear()
    onGone()
  })

  return {
    put(job, waiting) {
      if (idle) clearTimeout(idle)
      idle = null
      worker.ref()
      jobs.set(job.id, waiting)
      post({ type: 'do', ...job })
    },
    end() {
      if (idle) clearTimeout(idle)
      worker.ref()
      // Messages are taken in order, so what was asked for is done before.
      leave()
      return gone
    },
  }
}

const toError = ({ code, message }: Extract<FromControl, { type: 'failed' }>): ApiError =>
  code === 'write_failed' ? notDone(`The change was not made: ${message}.`) : new ApiError(code, message)

const notDone = (detail: string) =>
  new ApiError('write_failed', detail, {
    help: 'Look whether it was made after all, then try again. The log of Weir may say more.',
  })
