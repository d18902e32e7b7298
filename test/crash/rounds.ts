/** kill -9 under load, again and again on one data folder, and then the reckoning: what clients saw against what is recorded. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import type { Call } from '../../server/call.ts'
import { type ProcessOptions, startProcess, type WeirProcess } from '../support/process.ts'
import { seeded, upTo } from '../support/random.ts'
import { createTraffic, type Seen, type Traffic } from './traffic.ts'

/** Kills and starts again `kills` times under 16 to 32 clients; answers with how many calls were complete and interrupted. */
export async function killAndReckon({
  kills,
  seed,
}: {
  kills: number
  seed: number
}): Promise<{ complete: number; interrupted: number; rows: number }> {
  const random = seeded(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-crash-'))
  const traffic = await createTraffic(seed)
  const { url } = traffic.provider
  const options: ProcessOptions = { dataDir, providers: { openai: url, anthropic: url, gemini: url } }
  let weir: WeirProcess | null = null
  onTestFinished(async () => {
    await weir?.kill()
    await traffic.provider.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  const from = Date.now()
  for (let round = 0; round < kills; round++) {
    weir = await startProcess(options)
    const letGo = traffic.run(weir.port, 16 + upTo(random, 17))
    await traffic.nextComplete()
    // The moment is the point: anywhere between two system calls.
    await wait(random() * 1200)
    await weir.kill()
    await letGo()
  }
  weir = await startProcess(options)
  const result = await reckon(weir, traffic, from)
  weir.signal('SIGTERM')
  expect(await weir.ended).toBe(0)
  return result
}

async function reckon(weir: WeirProcess, { seen, answerTo }: Traffic, from: number) {
  const rows = await allRows(weir, seen)
  const byId = new Map(rows.map((row) => [row.id, row]))
  expect(byId.size).toBe(rows.length)

  const wrong: unknown[] = []
  const say = (one: Seen, what: string) =>
    wrong.push({ what, ...one, bytes: one.bytes.length, row: byId.get(one.id!)?.outcome })
  const known = seen.filter((one) => one.id !== null)
  await inParallel(8, known, async (one) => {
    const row = byId.get(one.id!)
    // Headers are only sent when they are in the journal.
    if (!row) return say(one, 'the client saw headers, and there is no row')
    if (one.complete && row.outcome !== 'ok') return say(one, 'complete for its client, but not ok')
    // The journal may know more than the client saw, never less.
    if (!one.complete && row.outcome !== 'interrupted' && row.outcome !== 'ok')
      return say(one, 'cut off by the kill, and recorded as something else')
    const stored = await storedResponse(weir, one.id!)
    const answer = answerTo(one.tag)
    if (one.complete && !stored.equals(answer)) return say(one, 'complete, but not stored with the bytes of the answer')
    // A chat that has its finish reason and its usage is whole, also where the kill came before `[DONE]`.
    const missing = answer.subarray(Math.min(stored.length, answer.length)).toString()
    if (row.outcome === 'ok' && !'data: [DONE]\n\n'.endsWith(missing))
      return say(one, 'ok, but a part of the answer is missing')
    if (!stored.subarray(0, one.bytes.length).equals(one.bytes))
      return say(one, 'the client saw bytes that are not stored')
    if (!answer.subarray(0, stored.length).equals(stored)) say(one, 'bytes are stored that the provider did not send')
  })
  expect(wrong).toEqual([])

  // Rows that no client can name: killed before their headers went out.
  const named = new Set(known.map((one) => one.id))
  expect(rows.filter((row) => !named.has(row.id) && row.outcome !== 'interrupted' && row.outcome !== 'ok')).toEqual([])

  await expectRollups(weir, rows, from)
  const interrupted = rows.filter((row) => row.outcome === 'interrupted').length
  return { complete: seen.filter((one) => one.complete).length, interrupted, rows: rows.length }
}

/** Every row, once the recorder has caught up with all that the dead processes left. */
async function allRows(weir: WeirProcess, seen: Seen[]): Promise<Call[]> {
  const ids = new Set(seen.filter((one) => one.id !== null).map((one) => one.id))
  let before = -1
  for (const until = Date.now() + 60_000; ; await wait(200)) {
    const rows = (await (await fetch(`${weir.url}/api/calls/export?format=jsonl`)).text())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Call)
    const found = rows.filter((row) => ids.has(row.id)).length
    // Rows without a client come with the others; when nothing comes any more, all are here.
    if ((found === ids.size && rows.length === before) || Date.now() > until) return rows
    before = rows.length
  }
}

async function storedResponse(weir: WeirProcess, id: string): Promise<Buffer> {
  const answer = await fetch(`${weir.url}/api/calls/${id}/response`)
  if (answer.ok) return Buffer.from(await answer.arrayBuffer())
  expect(await answer.json()).toMatchObject({ code: 'content_not_kept' })
  return Buffer.alloc(0)
}

async function expectRollups(weir: WeirProcess, rows: Call[], from: number): Promise<void> {
  // Quarter hours on both sides, so that only whole buckets are asked for.
  const step = 900_000
  const range = `from=${Math.floor(from / step) * step}&to=${Math.ceil((Date.now() + 1) / step) * step}`
  const { now } = await weir.api(`/overview?${range}`)
  const sum = (of: (row: Call) => number | null | undefined) => rows.reduce((total, row) => total + (of(row) ?? 0), 0)
  expect({ calls: now.calls, costNano: now.costNano, output: now.tokens.output, input: now.tokens.input }).toEqual({
    calls: rows.length,
    costNano: sum((row) => row.costNano),
    output: sum((row) => row.usage?.output),
    input: sum((row) => row.usage?.input),
  })
}

async function inParallel<T>(width: number, items: T[], each: (item: T) => Promise<unknown>): Promise<void> {
  let at = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (at < items.length) await each(items[at++]!)
    }),
  )
}
