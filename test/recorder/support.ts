/** A recorder in this process, what it says, and the rows that come of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import type { Call } from '../../server/call.ts'
import { createRecorder, type RecorderDeps } from '../../server/recorder/loop.ts'
import type { FromRecorder, RecorderOptions, RecorderStatus, ToRecorder } from '../../server/recorder/messages.ts'

export const temporaryFolder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-recorder-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export interface TestRecorder {
  messages: FromRecorder[]
  calls(): Call[]
  status(): RecorderStatus | null
  send(message: ToRecorder): void
  /** Resolves when the recorder has said something that fits. */
  heard(fits: (message: FromRecorder) => boolean): Promise<FromRecorder>
  recorded(count: number): Promise<Call[]>
  /** Records what is there and ends. */
  stop(): Promise<void>
}

export const startTestRecorder = (options: RecorderOptions, deps: Partial<RecorderDeps> = {}): TestRecorder => {
  const messages: FromRecorder[] = []
  const listeners = new Set<() => void>()
  const recorder = createRecorder(options, {
    ...deps,
    post: (message) => {
      messages.push(structuredClone(message))
      for (const listener of listeners) listener()
    },
  })
  recorder.receive({ type: 'listen', on: true })
  const running = recorder.run()
  const calls = () => messages.flatMap((message) => (message.type === 'recorded' ? (message.calls ?? []) : []))
  const until = <T>(value: () => T | undefined) =>
    new Promise<T>((resolve, reject) => {
      const look = () => {
        const found = value()
        if (found === undefined) return
        listeners.delete(look)
        resolve(found)
      }
      listeners.add(look)
      look()
      running.catch(reject)
    })
  const stop = async () => {
    recorder.receive({ type: 'stop' })
    await running
  }
  onTestFinished(stop)
  return {
    messages,
    calls,
    status: () => messages.findLast((message) => message.type === 'status')?.status ?? null,
    send: recorder.receive,
    heard: (fits) => until(() => messages.find(fits)),
    recorded: (count) => until(() => (calls().length >= count ? calls() : undefined)),
    stop,
  }
}

/** Rows as they stand in the database, seen by a connection of its own. */
export const query = <T>(dataDir: string, sql: string, ...values: unknown[]): T[] => {
  const db = new Database(join(dataDir, 'weir.db'), { readonly: true })
  try {
    return db.prepare(sql).all(...values) as T[]
  } finally {
    db.close()
  }
}
