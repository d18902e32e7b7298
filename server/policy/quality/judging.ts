/**
 * The way from the data path to the judge's thread. It starts with the first answer that is to be judged and ends when there has been
 * none for a while. An answer that takes it too long passes as it is, and the thread with it: a schema may be made to run for ever.
 */
import { Worker } from 'node:worker_threads'
import { type Question, unjudged, type Verdict } from './rules.ts'

export interface Judging {
  /** Never rejects: what cannot be judged passes, with a note. */
  judge(question: Question): Promise<Verdict>
  close(): Promise<void>
}

export interface JudgingOptions {
  workerUrl: URL
  /** Milliseconds for one answer, from when the thread has it. */
  limitMs?: number
  idleMs?: number
}

interface Job {
  question: Question
  resolve(verdict: Verdict): void
}

const MOST_WAITING = 100
/** For the thread to start. */
const START_MS = 60_000

export function createJudging({ workerUrl, limitMs = 10_000, idleMs = 60_000 }: JudgingOptions): Judging {
  const waiting: Job[] = []
  let worker: Worker | null = null
  let job: Job | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const settle = (verdict: Verdict) => {
    clearTimeout(timer)
    job?.resolve(verdict)
    job = null
    next()
  }
  const drop = () => {
    const gone = worker
    worker = null
    return gone?.terminate()
  }
  const start = (): Worker => {
    const made = new Worker(workerUrl, { resourceLimits: { maxOldGenerationSizeMb: 128 } })
    made.unref()
    made.on('message', (verdict: Verdict | 'ready') => {
      if (made !== worker) return
      if (verdict !== 'ready') return settle(verdict)
      // Its first answer has waited for the thread to start: the time counts from now.
      clearTimeout(timer)
      timer = setTimeout(tooLong, limitMs)
    })
    // Out of memory, or a fault of ours.
    made.on('error', (error) => {
      if (made !== worker) return
      worker = null
      settle(unjudged(`the judge failed: ${error.message}`))
    })
    return made
  }
  const tooLong = () => {
    void drop()
    settle(unjudged(`it took longer than ${limitMs / 1000} s to judge`))
  }
  const next = () => {
    if (job !== null || closed) return
    job = waiting.shift() ?? null
    if (job === null) {
      if (worker) timer = setTimeout(() => void drop(), idleMs).unref()
      return
    }
    clearTimeout(timer)
    const first = worker === null
    worker ??= start()
    timer = setTimeout(tooLong, first ? START_MS : limitMs)
    worker.postMessage(job.question)
  }

  return {
    judge: (question) =>
      new Promise((resolve) => {
        if (closed || waiting.length >= MOST_WAITING) return resolve(unjudged('too many answers wait to be judged'))
        waiting.push({ question, resolve })
        next()
      }),
    async close() {
      closed = true
      clearTimeout(timer)
      for (const each of [...(job ? [job] : []), ...waiting.splice(0)]) each.resolve(unjudged('Weir is shutting down'))
      job = null
      await drop()
    },
  }
}
