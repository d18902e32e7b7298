// 2,000 streams that are open at once must not be held in memory: only where their pieces stand.
import { expect, test } from 'vitest'
import {
  MB,
  commitOne,
  endMeta,
  newCallId,
  newJournalDir,
  newLedger,
  openAssembler,
  openJournal,
  part,
  startMeta,
} from './support.ts'

test('2,000 open streams of 50 pieces take little memory, and come out whole', { timeout: 60_000 }, async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const ids = Array.from({ length: 2000 }, newCallId)
  await Promise.all(ids.map((callId) => journal.start(callId, startMeta())))
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  commitOne(assembler, ledger)
  const used = () => {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = used()
  for (let n = 0; n < 50; n++) {
    const text = `${String(n).padStart(3, '0')} ${'x'.repeat(996)}`
    await Promise.all(ids.map((callId) => journal.part(callId, part(text))))
    commitOne(assembler, ledger)
  }
  // 100 MB of pieces went by.
  expect(journal.counters().bytesOnDisk).toBeGreaterThan(100 * MB)
  expect(used() - before).toBeLessThan(40 * MB)

  await Promise.all(ids.map((callId) => journal.end(callId, endMeta())))
  let calls = 0
  for (;;) {
    const batch = assembler.take(50, 8 * MB)
    calls += batch.calls.length
    for (const { response, end } of batch.calls) {
      expect([response.length, end?.outcome]).toEqual([50, 'ok'])
      expect(response.map(({ bytes }) => Number(bytes!.toString('latin1', 0, 3)))).toEqual([...Array(50).keys()])
    }
    if (!batch.more) break
  }
  expect(calls).toBe(2000)
})

test('a stream of very many pieces spills its references and is still in order', { timeout: 60_000 }, async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { segmentBytes: MB })
  const ids = [newCallId(), newCallId(), newCallId()]
  await Promise.all(ids.map((callId) => journal.start(callId, startMeta())))
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  for (let n = 0; n < 5000; n += 500) {
    const numbers = Array.from({ length: 500 }, (_, i) => n + i)
    await Promise.all(numbers.flatMap((number) => ids.map((callId) => journal.part(callId, part(`${number},`)))))
    commitOne(assembler, ledger)
  }
  for (const callId of ids) await journal.end(callId, endMeta())
  commitOne(assembler, ledger)
  const expected = Array.from({ length: 5000 }, (_, i) => `${i},`).join('')
  expect(ledger.calls.map(({ callId }) => callId)).toEqual(ids)
  for (const { response } of ledger.calls)
    expect(Buffer.concat(response.map(({ bytes }) => bytes!)).toString()).toBe(expected)
})
