/** What one recorded call costs on SQLite: `node test/db/cost.ts [calls] [batch]`. For the eye, not a test: the machine decides. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/open.ts'
import type { RecordedCall } from '../../db/store.ts'
import { createRandom, toCall, toPayload } from './calls.ts'

const total = Number(process.argv[2] ?? 20_000)
const batch = Number(process.argv[3] ?? 200)
const random = createRandom(7)
const words =
  'refund policy river water order ticket customer please answer invoice shipping delay credit card payment summer'.split(
    ' ',
  )
const sentence = (n: number) =>
  Array.from({ length: n }, () => `${random.pick(words)}${random.below(4) ? '' : random.below(999)}`).join(' ')
const headers = JSON.stringify([
  ['content-type', 'application/json'],
  ['authorization', 'Bearer sk-…'],
  ['user-agent', 'OpenAI/JS 7.57.0'],
  ['x-stainless-lang', 'js'],
  ['accept', 'application/json'],
  ['accept-encoding', 'gzip, deflate'],
  ['host', 'localhost:9347'],
  ['content-length', '300'],
])

const toSmall = (at: number): RecordedCall => {
  const asked = sentence(25)
  const answered = sentence(25)
  const id = `chatcmpl-${random.below(1e9)}${random.below(1e9)}`
  const request = JSON.stringify({
    model: 'gpt-5.1',
    messages: [
      { role: 'system', content: 'You are helpful.' },
      { role: 'user', content: asked },
    ],
    stream: false,
  })
  const response = JSON.stringify({
    id,
    object: 'chat.completion',
    model: 'gpt-5.1-2025-11-13',
    choices: [{ index: 0, message: { role: 'assistant', content: answered }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 31, completion_tokens: 25 },
  })
  return {
    call: toCall({
      startedAt: at,
      responseId: id,
      requestId: `req_${random.below(1e9)}`,
      durationMs: random.next() * 900,
      user: `u${random.below(5)}`,
      tags: { feature: 'search' },
    }),
    payloads: [
      toPayload('request', request),
      toPayload('response', response),
      toPayload('requestHeaders', headers),
      toPayload('responseHeaders', headers),
    ],
    searchText: `${asked}\n${answered}`,
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'weir-cost-'))
const store = await openStore({ dataDir, database: 'sqlite' })
let at = Date.now() - total
let spent = 0
let checkpoints = 0
let cpu = 0
let slowest = 0
for (let done = 0; done < total; done += batch) {
  const calls = Array.from({ length: batch }, () => toSmall(at++))
  const before = process.cpuUsage()
  const begun = performance.now()
  await store.record({ calls, positions: [{ writer: 'w', segment: 1, offset: done }], open: [] })
  const took = performance.now() - begun
  spent += took
  slowest = Math.max(slowest, took)
  const used = process.cpuUsage(before)
  cpu += used.user + used.system
  if ((done / batch) % 20 === 19) {
    const start = performance.now()
    await store.checkpoint()
    checkpoints += performance.now() - start
  }
}
const each = (ms: number) => `${((ms * 1000) / total).toFixed(1)} µs`
console.log(
  `${total} calls in batches of ${batch}: ${each(cpu / 1000)} of CPU, ${each(spent)} by the clock, checkpoints ${each(checkpoints)} a call`,
)
console.log(
  `slowest batch ${slowest.toFixed(1)} ms, ${((await store.diskBytes()) / total).toFixed(0)} bytes a call on disk`,
)
await store.close()
rmSync(dataDir, { recursive: true })
