/** Agents that resend their whole history each turn, and what must hold of the rows that their content becomes. */
import { expect } from 'vitest'
import { isNotNull, sql } from 'drizzle-orm'
import { callPayload } from '../../db/queries/call-payload.ts'
import { sizeOf } from '../../db/pack.ts'
import type { ReadDb } from '../../db/engine.ts'
import type { PruneRequest, RecordedCall, Store } from '../../db/store.ts'
import type { PayloadRow } from '../../db/tables.ts'
import { toCall, toPayload } from './calls.ts'
import type { createRandom } from './calls.ts'
import type { Opened } from './databases.ts'

export const DAY = 86_400_000
const RULES: PruneRequest = { contentBefore: null, callsBefore: null, maxBytes: null, chunk: 10 }

/** As the recorder does: until there is no more. */
export const pruneAll = async (store: Store, rules: Partial<PruneRequest>) => {
  while ((await store.prune({ ...RULES, ...rules })).more);
}
type Random = ReturnType<typeof createRandom>

/** An agent's requests: each has all messages of the one before, and one or two more. */
export const createAgent = (random: Random, sessionId: string, lane: string | null = null) => {
  const words = () => Array.from({ length: 20 + random.below(80) }, () => `w${random.below(5000)}`).join(' ')
  const messages = [{ role: 'system', content: `You are the agent of ${sessionId}. ${words()} ${words()} ${words()}` }]
  return (startedAt: number, more: Parameters<typeof toCall>[0] = {}): RecordedCall => {
    messages.push({ role: 'user', content: words() })
    const answer = { role: 'assistant', content: words() }
    const body = JSON.stringify({ model: 'gpt-5-mini', messages })
    const searchText = `${messages.at(-1)!.content}\n${answer.content}`
    messages.push(answer)
    const payloads = [
      toPayload('requestHeaders', '[["content-type","application/json"],["user-agent","agent"]]'),
      toPayload('request', body),
      toPayload('response', JSON.stringify({ choices: [{ message: answer }] })),
    ]
    return { call: toCall({ startedAt, sessionId, lane, ...more }), payloads, searchText }
  }
}

export const readBack = async (read: ReadDb, { call, payloads }: RecordedCall): Promise<boolean[]> => {
  const got = []
  for (const { kind, bytes } of payloads) {
    const payload = await callPayload(read, { id: call.id, kind })
    got.push(payload !== null && Buffer.compare(payload.bytes, bytes) === 0)
  }
  return got
}

export const rowsOf = async ({ read }: Opened): Promise<PayloadRow[]> => read.db.select().from(read.tables.payloads)
/** What is counted must be what is there, and each delta's key frame with it, itself no delta. */
export const expectSound = async (opened: Opened) => {
  const { read } = opened
  const rows = await rowsOf(opened)
  const byPk = new Map(rows.map((row) => [row.callPk, row]))
  for (const { framePk } of rows) if (framePk !== null) expect(byPk.get(framePk)).toMatchObject({ framePk: null })
  const used = new Set(rows.map(({ framePk }) => framePk))
  for (const row of rows) if (row.stored.length === 0) expect(used.has(row.callPk)).toBe(true)
  const { meta } = read.tables
  const [counted] = await read.db
    .select({ value: meta.value })
    .from(meta)
    .where(sql`${meta.name} = 'content_bytes'`)
  expect(counted?.value ?? 0).toBe(rows.reduce((sum, row) => sum + sizeOf(row), 0))
}
export const deltas = ({ read }: Opened) =>
  read.db.$count(read.tables.payloads, isNotNull(read.tables.payloads.framePk))
