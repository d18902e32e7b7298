// Real agent runs as requests that grow by a turn: at least nine times smaller than their JSON in the database, byte for byte.
import { expect, test } from 'vitest'
import { sizeOf } from '../../db/pack.ts'
import { callPayload } from '../../db/queries/call-payload.ts'
import type { RecordedCall } from '../../db/store.ts'
import { loadAgentSessions, type AgentSession } from '../support/corpus.ts'
import { rowsOf } from './agent.ts'
import { NOON, toCall, toPayload } from './calls.ts'
import { describeDatabases } from './databases.ts'

const HEADERS =
  '[["content-type","application/json"],["authorization","Bearer …a2e1"],["user-agent","OpenAI/JS 7.57.0"]]'

/** A call for each answer of the run: the messages before it, and what search is given of it. */
const toTurns = ({ id, messages }: AgentSession): RecordedCall[] =>
  messages.flatMap((answer, n) => {
    if (answer['role'] !== 'assistant') return []
    const before = messages.slice(0, n)
    const asked = before.slice(before.findLastIndex(({ role }) => role === 'assistant') + 1)
    const call = toCall({ startedAt: NOON + n, sessionId: id })
    const payloads = [
      toPayload('requestHeaders', HEADERS),
      toPayload('request', JSON.stringify({ model: 'gpt-5-mini', messages: before, stream: false })),
      toPayload('response', JSON.stringify({ id: `chatcmpl-${call.id}`, choices: [{ index: 0, message: answer }] })),
    ]
    return [{ call, payloads, searchText: [...asked, answer].map(({ content }) => String(content)).join('\n') }]
  })

/** Twenty runs at a time, a turn of each after the other. */
function* interleaved(runs: RecordedCall[][]): Generator<RecordedCall[]> {
  for (let from = 0; from < runs.length; from += 20) {
    const group = runs.slice(from, from + 20)
    for (let turn = 0; group.some((run) => turn < run.length); turn++)
      yield group.flatMap((run) => run.slice(turn, turn + 1))
  }
}

const runs = loadAgentSessions()?.map(toTurns)

describeDatabases((databases) => {
  test.skipIf(!runs)(
    'agent runs take a ninth of their JSON at most, and come back as they were',
    async () => {
      let opened = await databases.open()
      // Postgres adds nothing to the ratio: a part of the runs shows that it stores the same.
      const some = databases.kind === 'sqlite' ? runs! : runs!.slice(0, 12)
      let spent = 0
      let batches = 0
      for (const batch of interleaved(some)) {
        const before = process.threadCpuUsage()
        await opened.record(...batch)
        const { user, system } = process.threadCpuUsage(before)
        spent += user + system
        // A restart in the middle of all runs costs no key frame.
        if (++batches === 60) opened = await databases.open({ dataDir: opened.dataDir, database: opened.database })
      }
      const calls = some.flat()
      const raw = sum(calls.map(({ payloads }) => payloads.find(({ kind }) => kind === 'request')!.bytes.byteLength))
      const answers = sum(
        calls.map(({ payloads }) => payloads.find(({ kind }) => kind === 'response')!.bytes.byteLength),
      )
      const rows = await rowsOf(opened)
      const stored = sum(rows.map(sizeOf))
      let reading = performance.now()
      for (const { call, payloads } of calls) {
        const { kind, bytes } = payloads[1]!
        const payload = await callPayload(opened.read, { id: call.id, kind })
        expect(Buffer.compare(payload!.bytes, bytes)).toBe(0)
      }
      reading = performance.now() - reading
      console.log(
        `${databases.kind}: ${calls.length} calls, requests ${mb(raw)}, answers ${mb(answers)}, stored ${mb(stored)} with headers and search text:`,
        `${(raw / stored).toFixed(1)} × smaller than the requests alone, ${((raw + answers) / stored).toFixed(1)} × than both;`,
        `${rows.filter(({ framePk }) => framePk === null).length} key frames; storing ${(spent / calls.length).toFixed(0)} µs of processor a call, reading ${((reading * 1000) / calls.length).toFixed(0)} µs`,
      )
      expect(raw / stored).toBeGreaterThan(9)
    },
    120_000,
  )
})

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
