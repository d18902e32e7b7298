// The recorder may die at any moment: with rows, positions and open starts committed together, each call comes out once.
import { expect, test } from 'vitest'
import {
  endMeta,
  attemptMeta,
  commitOne,
  createRandom,
  newCallId,
  newJournalDir,
  newLedger,
  openAssembler,
  openJournal,
  part,
  startMeta,
  textOf,
  writeCall,
} from './support.ts'

test('a call that was open when the recorder stopped has all its parts when it ends', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { segmentBytes: 3000 })
  const callId = newCallId()
  await journal.start(callId, startMeta({ startedAt: 1_763_000_000_123 }))
  await journal.part(callId, part('before '))
  for (let i = 0; i < 10; i++) await writeCall(journal)
  const ledger = newLedger()
  const first = openAssembler(dir, ledger)
  commitOne(first, ledger)
  first.close()
  expect(ledger.open).toMatchObject([{ callId, writer: journal.writer, startedAt: 1_763_000_000_123 }])

  await journal.part(callId, part('after'))
  await journal.end(callId, endMeta())
  commitOne(openAssembler(dir, ledger), ledger)
  expect(ledger.calls).toHaveLength(11)
  expect(ledger.calls.at(-1)).toMatchObject({ callId, end: { outcome: 'ok' } })
  expect(textOf(ledger.calls.at(-1)!.response)).toBe('before after')
  expect(ledger.open).toEqual([])
})

test('what was taken but not committed is taken again', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  for (let i = 0; i < 10; i++) await writeCall(journal)
  const ledger = newLedger()
  commitOne(openAssembler(dir, ledger), ledger, 4)
  openAssembler(dir, ledger).take(3, 1e9)
  const assembler = openAssembler(dir, ledger)
  while (commitOne(assembler, ledger, 4).more);
  expect(new Set(ledger.calls.map(({ callId }) => callId)).size).toBe(10)
  expect(ledger.calls).toHaveLength(10)
})

test('a batch keeps to its bounds, and one call always fits', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  for (let i = 0; i < 9; i++) await writeCall(journal, ['x'.repeat(10_000)])
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  const sizes = []
  for (let more = true; more;) {
    const batch = commitOne(assembler, ledger, 100, 25_000)
    sizes.push(batch.calls.length)
    more = batch.more
  }
  expect(sizes).toEqual([2, 2, 2, 2, 1])
  await writeCall(journal, ['x'.repeat(100_000)])
  expect(commitOne(assembler, ledger, 100, 25_000)).toMatchObject({ calls: [{}], more: false })
})

test('the calls of a dead process come out once, even if the recorder dies between batches of them', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const ids = Array.from({ length: 25 }, newCallId)
  await Promise.all(ids.map((callId) => journal.start(callId, startMeta())))
  await Promise.all(ids.map((callId) => journal.part(callId, part(callId))))
  await journal.close()
  // The next process takes the folder over.
  const next = await openJournal(dir)
  expect(next.writer).toBe(journal.writer)
  const after = await writeCall(next)

  const ledger = newLedger()
  for (let i = 0; i < 40; i++) {
    const assembler = openAssembler(dir, ledger)
    commitOne(assembler, ledger, 2)
    assembler.close()
  }
  expect(ledger.calls).toHaveLength(26)
  const interrupted = ledger.calls.filter(({ end }) => end === null)
  expect(interrupted.map(({ callId }) => callId)).toEqual(ids)
  expect(interrupted.map(({ response }) => textOf(response))).toEqual(ids)
  expect(ledger.calls.some(({ callId, end }) => callId === after.callId && end !== null)).toBe(true)
})

test.each([1, 2, 3, 4])(
  'any order of writing, taking, dying and restarting gives each call once and whole, seed %i',
  { timeout: 60_000 },
  async (seed) => {
    const random = createRandom(seed)
    const dir = newJournalDir()
    const ledger = newLedger()
    const bodies = new Map<string, string>()
    const ended = new Set<string>()
    let open: string[] = []
    let journal = await openJournal(dir, { segmentBytes: 5000 })
    let assembler = openAssembler(dir, ledger)
    for (let step = 0; step < 600; step++) {
      const dice = random.below(100)
      const callId = open[random.below(open.length)]
      if (dice < 20 || !callId) {
        const id = newCallId()
        await journal.start(id, startMeta())
        await journal.attempt(id, attemptMeta())
        bodies.set(id, '')
        open.push(id)
      } else if (dice < 65) {
        const text = `${step}.`.repeat(1 + random.below(200))
        await journal.part(callId, part(text))
        bodies.set(callId, bodies.get(callId) + text)
      } else if (dice < 80) {
        await journal.end(callId, endMeta())
        ended.add(callId)
        open = open.filter((id) => id !== callId)
      } else if (dice < 90) {
        // Committed, or lost with the process.
        const lost = random.below(3) === 0
        if (lost) assembler.take(1 + random.below(5), 1e9)
        else commitOne(assembler, ledger, 1 + random.below(5))
        if (!lost && random.below(2) > 0) continue
        assembler.close()
        assembler = openAssembler(dir, ledger)
      } else if (dice < 92) {
        await journal.close()
        open = []
        journal = await openJournal(dir, { segmentBytes: 5000 })
      }
    }
    await journal.close()
    assembler.close()
    assembler = openAssembler(dir, ledger)
    while (commitOne(assembler, ledger, 7).calls.length > 0);

    expect(ledger.calls.map((call) => call.callId).sort()).toEqual([...bodies.keys()].sort())
    for (const call of ledger.calls) {
      expect(textOf(call.response)).toBe(bodies.get(call.callId))
      expect(call.attempts).toHaveLength(1)
      expect(call.end !== null).toBe(ended.has(call.callId))
    }
    expect(ledger.open).toEqual([])
  },
)
