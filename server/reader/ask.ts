/**
 * The way from the main thread to the reader threads: a typed question by name, an answer or an error, within a time. Threads start
 * with the first question and end when nobody asks any more, so a Weir whose dashboard is closed pays nothing for it. This file
 * knows the questions as types only: importing it must not bring the database into the main thread.
 */
import { ApiError } from '../api/problem.ts'
import type { ReaderOptions } from './messages.ts'
import type { questions } from './questions.ts'
import { createReader, type Job, type Reader } from './reader.ts'

type Questions = typeof questions
export type QuestionName = keyof Questions
export type QuestionArgs<N extends QuestionName> = Parameters<Questions[N]>[1]
export type QuestionAnswer<N extends QuestionName> = Awaited<ReturnType<Questions[N]>>

export interface AskOptions {
  /** The asker has left: a waiting question is taken back, a running one is given up. */
  signal?: AbortSignal | undefined
  /** Milliseconds; default: the pool's. */
  timeoutMs?: number | undefined
}

export interface Ask {
  /** @throws ApiError `query_timeout`, `readers_busy`, `reader_failed`, `client_closed`, `bad_input` */
  <N extends QuestionName>(name: N, args: QuestionArgs<N>, options?: AskOptions): Promise<QuestionAnswer<N>>
  /** The answer as JSON text in UTF-8, made in the reader thread: for answers that may be megabytes. null stays null. */
  json<N extends QuestionName>(
    name: N,
    args: QuestionArgs<N>,
    options?: AskOptions,
  ): Promise<Uint8Array<ArrayBuffer> | null>
  /** Threads that are alive now. */
  threads(): number
  /** Refuses what waits and ends the threads. */
  close(): Promise<void>
}

export interface AskSettings {
  workerUrl: URL
  options: ReaderOptions
  /** Threads at most. A second one keeps the list quick while a long question runs. */
  threads?: number
  /** A thread that nobody asked for this long ends. */
  idleMs?: number
  timeoutMs?: number
}

/** Beyond this a dashboard is not slow but stuck, and more waiting makes it worse. */
const MOST_WAITING = 200
/** A given-up question may be deep in SQLite, where nothing reaches it; a thread that does not come back is replaced. */
const MOST_REPLACED = 2

export const createAsk = ({
  workerUrl,
  options,
  threads = 2,
  idleMs = 60_000,
  timeoutMs = 20_000,
}: AskSettings): Ask => {
  const waiting: Job[] = []
  const readers = new Set<Reader>()
  let nextId = 1
  let closed = false

  const serve = () => {
    while (waiting.length > 0) {
      const reader = free() ?? start()
      if (reader === null) return
      reader.take(waiting.shift() as Job)
    }
  }
  const free = () => [...readers].find((reader) => reader.room() > 0) ?? null
  const start = (): Reader | null => {
    const working = [...readers].filter((reader) => !reader.leaving())
    if (working.some((reader) => !reader.ready())) return null
    if (working.length >= threads || readers.size >= threads + MOST_REPLACED) return null
    const reader = createReader({
      workerUrl,
      options,
      idleMs,
      onRoom: serve,
      onGone: () => {
        readers.delete(reader)
        serve()
      },
    })
    readers.add(reader)
    return reader
  }

  const put = (name: QuestionName, args: unknown, json: boolean, { signal, timeoutMs: own }: AskOptions = {}) =>
    new Promise<unknown>((resolve, reject) => {
      if (closed) return reject(new ApiError('readers_busy', 'Weir is shutting down.'))
      if (signal?.aborted) return reject(clientClosed())
      if (waiting.length >= MOST_WAITING) return reject(busy())
      const job = createJob({ id: nextId++, name, args, json }, resolve, reject)
      const giveUp = (error: ApiError) => {
        const at = waiting.indexOf(job)
        if (at >= 0) waiting.splice(at, 1)
        job.giveUp(error)
      }
      const limit = own ?? timeoutMs
      const timer = setTimeout(() => giveUp(tooLong(name, limit)), limit)
      const left = () => giveUp(clientClosed())
      signal?.addEventListener('abort', left, { once: true })
      job.settled = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', left)
      }
      waiting.push(job)
      serve()
    })

  const ask = (name: QuestionName, args: unknown, asked?: AskOptions) => put(name, args, false, asked)
  return Object.assign(ask, {
    json: (name: QuestionName, args: unknown, asked?: AskOptions) => put(name, args, true, asked),
    threads: () => readers.size,
    async close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(new ApiError('readers_busy', 'Weir is shutting down.'))
      await Promise.all([...readers].map((reader) => reader.end()))
    },
  }) as Ask
}

function createJob(question: Job['question'], resolve: (value: unknown) => void, reject: (error: Error) => void): Job {
  const settle = () => {
    job.done = true
    job.settled()
  }
  const job: Job = {
    question,
    done: false,
    settled: () => {},
    onGivenUp: null,
    resolve(value) {
      if (job.done) return
      settle()
      resolve(value)
    },
    reject(error) {
      if (job.done) return
      settle()
      reject(error)
    },
    giveUp(error) {
      if (job.done) return
      job.reject(error)
      job.onGivenUp?.()
    },
  }
  return job
}

const clientClosed = () => new ApiError('client_closed', 'The client left before the answer was there.')

const busy = () =>
  new ApiError('readers_busy', `${MOST_WAITING} questions are waiting for the database already.`, {
    help: 'Ask again in a moment, for a shorter range or with a narrower filter.',
    headers: { 'retry-after': '2' },
  })

const tooLong = (name: string, limitMs: number) =>
  new ApiError('query_timeout', `The database had no answer to "${name}" within ${limitMs / 1000} s.`, {
    help: 'Ask for a shorter range, or with a narrower filter.',
  })
