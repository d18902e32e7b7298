/**
 * `node bench/sessions.ts`: what threading costs a call, in processor time of its thread, by the length of the history. Real readings
 * of a growing conversation of an agent, against a store that is asked like the real one and knows nothing.
 */
import { createHasher } from '../server/sessions/chain.ts'
import { createThreader } from '../server/sessions/threader.ts'
import { openaiChat } from '../server/dialects/openai-chat.ts'
import type { Call } from '../server/call.ts'
import type { Turn } from '../server/sessions/turn.ts'

const CALLS = 2000
const LAPS = 5
const store = { heads: () => [], headsOf: () => [], lanes: () => [], callsOf: () => [] }

/** Every second message a tool's result of 900 bytes, every other one a tool call. */
const message = (session: number, i: number) =>
  i % 2 === 0
    ? { role: 'tool', tool_call_id: `call_${i - 1}`, content: `${session}: ${'a line of a log, '.repeat(52)}${i}` }
    : {
        role: 'assistant',
        tool_calls: [
          { id: `call_${i}`, function: { name: 'read', arguments: `{"path":"/src/${i}.ts","limit":${session}}` } },
        ],
      }

function toTurns(messages: number, first: number): Turn[] {
  const said = (session: number, i: number) => message(session, i)
  return Array.from({ length: CALLS }, (_, n) => {
    const session = first + (n % 100)
    const length = messages + 2 * Math.floor(n / 100)
    const history = Array.from({ length }, (_, i) =>
      i === 0 ? { role: 'user', content: `Task ${session}` } : said(session, i),
    )
    const request = openaiChat.readRequest(JSON.parse(JSON.stringify({ messages: history })), {
      operation: 'chat',
      path: '',
    })
    const reader = openaiChat.createReader({ operation: 'chat', contentType: 'application/json' })
    reader.push(Buffer.from(JSON.stringify({ choices: [{ message: said(session, length), finish_reason: 'stop' }] })))
    const call = {
      id: `${first}-${String(n).padStart(6, '0')}`,
      startedAt: n,
      key: null,
      credential: 'c',
      toolCalls: ['read'],
      operation: 'chat',
      outcome: 'ok',
      auxiliary: false,
      sessionId: null,
      lane: null,
      usage: null,
      costParts: null,
      parentId: null,
      traceId: null,
      model: 'm',
    }
    return { call: call as unknown as Call, request, answer: reader.end(), newFrom: 0, mark: null }
  })
}

for (const messages of [11, 51, 201, 501]) {
  const laps: number[] = []
  for (let lap = 0; lap < LAPS; lap++) {
    const threader = createThreader({ store, hasher: createHasher(Buffer.alloc(32, 1)) })
    const turns = toTurns(messages, 1000 * (lap + 1))
    const before = process.threadCpuUsage()
    for (let at = 0; at < CALLS; at += 100) await threader.place(turns.slice(at, at + 100))
    const { user, system } = process.threadCpuUsage(before)
    laps.push((user + system) / CALLS)
  }
  const best = Math.min(...laps)
  console.log(
    `${messages} messages and up: ${best.toFixed(1)} µs a call, ${(best / (messages + 20)).toFixed(2)} µs a message (laps ${laps.map((lap) => lap.toFixed(0)).join(' ')})`,
  )
}
