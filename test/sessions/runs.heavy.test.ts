/** 200 recorded agent runs, without a header that names a session: every call is found to be its own run's. */
import { expect, test } from 'vitest'
import { asc } from 'drizzle-orm'
import { describeDatabases, type Opened } from '../db/databases.ts'
import { loadAgentSessions } from '../support/corpus.ts'
import { FORMATS } from './formats.ts'
import { record, replay, score, type ReplayOptions } from './replay.ts'

const runs = loadAgentSessions()

const callsOf = async ({ read }: Opened) => {
  const { calls } = read.tables
  return read.db
    .select({ id: calls.id, sessionId: calls.sessionId, turn: calls.turn, mark: calls.mark })
    .from(calls)
    .orderBy(asc(calls.startedAt))
}

type Case = ReplayOptions & { restart?: boolean; calls?: number }
const CASES: [string, Case][] = [
  ['ended in disorder', {}],
  ['a restart in the middle, a clock in the system prompt', { restart: true, timestamp: true }],
  ['a trace for each turn', { traced: true }],
]
/** Asked of one format: they are about what all have in common. */
const ONCE: [string, Case][] = [
  ['as they come', { shuffled: 1 }],
  ['memory for 64 calls', { calls: 32 }],
]

describeDatabases((databases) => {
  const isSqlite = databases.kind === 'sqlite'
  for (const name of isSqlite ? Object.keys(FORMATS) : ['chat']) {
    const cases = isSqlite ? (name === 'chat' ? [...CASES, ...ONCE] : CASES) : CASES.slice(0, 2)
    test.skipIf(!runs).for(cases)(`${name}: each call lands in its run's session: %s`, async ([what, settings]) => {
      const opened = await databases.open()
      const told = replay(runs!, FORMATS[name]!, settings)
      const middle = settings.restart ? Math.floor(told.length / 2) : told.length
      const runOf = await record(told.slice(0, middle), opened.store, settings)
      for (const [id, run] of await record(told.slice(middle), opened.store, settings)) runOf.set(id, run)
      const rows = await callsOf(opened)
      expect(rows).toHaveLength(told.length)
      const { precision, recall } = score(rows, runOf)
      console.log(
        `${databases.kind} · ${name} · ${what}: ${rows.length} calls, precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)}`,
      )
      await opened.close()
      expect(precision).toBeGreaterThanOrEqual(0.99)
      expect(recall).toBeGreaterThanOrEqual(0.99)
    })
  }
})
