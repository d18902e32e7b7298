// The journal never takes more disk than it may. What gives way first is a choice; that it is counted is not.
import { expect, test } from 'vitest'
import type { JournalWriter } from '../../server/journal/append.ts'
import { sweepJournal } from '../../server/journal/sweep.ts'
import {
  commitOne,
  endMeta,
  newCallId,
  newJournalDir,
  newLedger,
  openAssembler,
  openJournal,
  part,
  startMeta,
  writeCall,
} from './support.ts'
import { measureJournal } from '../../server/journal/files.ts'

const MAX = 400_000

/** Writes calls of 10 kB until `done`; answers the number of calls. */
const fill = async (journal: JournalWriter, done: (kept: boolean[]) => boolean): Promise<number> => {
  for (let calls = 1; calls < 10_000; calls++)
    if (done((await writeCall(journal, ['x'.repeat(10_000)])).kept)) return calls
  throw new Error('The journal never filled.')
}

/** Records all and sweeps, as the recorder does once the database is back. */
const drain = (dir: string) => {
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  let batch = commitOne(assembler, ledger)
  while (batch.more) batch = commitOne(assembler, ledger)
  assembler.close()
  sweepJournal({ dir, holds: batch.holds })
  return ledger
}

test('shed_bodies: new calls lose their bodies first, then calls are lost, and all of it is counted', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { maxBytes: MAX, onFull: 'shed_bodies', tickMs: 20 })
  const running = newCallId()
  await journal.start(running, startMeta())
  const whole = await fill(journal, () => journal.counters().bodiesShed > 0)
  expect(whole).toBeGreaterThan(25)
  expect(journal.counters()).toMatchObject({ bodiesShed: 2, callsLost: 0 })
  // A call that began before the journal was full still has its bodies.
  await journal.part(running, part('kept'))
  expect(journal.accepting()).toBe(true)

  const metadataOnly = await fill(journal, (kept) => kept.includes(false))
  expect(metadataOnly).toBeGreaterThan(20)
  expect(journal.counters().callsLost + journal.counters().bodiesShed).toBeGreaterThan(metadataOnly)
  await fill(journal, (kept) => !kept.includes(true))
  expect(journal.counters().callsLost).toBeGreaterThan(0)
  expect(await measureJournal(dir)).toBeLessThanOrEqual(MAX)
  expect(await journal.end(running, endMeta({ errorMessage: 'e'.repeat(5000) }))).toBe(false)

  const ledger = drain(dir)
  expect(ledger.calls.length).toBeGreaterThanOrEqual(whole + metadataOnly - 2)
  await expect.poll(() => journal.counters().bytesOnDisk, { timeout: 30_000 }).toBeLessThan(MAX / 2)
  expect((await writeCall(journal)).kept).not.toContain(false)
  // The end that found no room was not forgotten.
  const rest = drain(dir).calls.find(({ callId }) => callId === running)
  expect(rest).toMatchObject({ end: { outcome: 'ok' }, response: [{ length: 4, bytes: Buffer.from('kept') }] })
})

test('refuse: new calls are turned away while the journal is full, running ones finish', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { maxBytes: MAX, onFull: 'refuse', tickMs: 20 })
  const running = newCallId()
  await journal.start(running, startMeta())
  await fill(journal, () => !journal.accepting())
  expect(await journal.part(running, part('y'.repeat(5000)))).toBe(true)
  expect(await journal.end(running, endMeta())).toBe(true)
  expect(journal.counters()).toMatchObject({ bodiesShed: 0, callsLost: 0 })

  const { calls } = drain(dir)
  expect(calls.find(({ callId }) => callId === running)!.response[0]!.bytes).toHaveLength(5000)
  await expect.poll(() => journal.accepting(), { timeout: 30_000 }).toBe(true)
})

test('drop: new calls are not recorded while the journal is full, and are counted', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { maxBytes: MAX, onFull: 'drop', tickMs: 20 })
  await fill(journal, (kept) => !kept.includes(true))
  expect(journal.accepting()).toBe(true)
  expect(journal.counters()).toMatchObject({ callsLost: 1, bodiesShed: 0 })
  expect(await measureJournal(dir)).toBeLessThanOrEqual(MAX)
  drain(dir)
  await expect
    .poll(async () => (await writeCall(journal)).kept, { timeout: 30_000 })
    .toEqual([true, true, true, true, true])
})

test('what other processes wrote counts too', async () => {
  const dir = newJournalDir()
  const other = await openJournal(dir, { maxBytes: MAX, tickMs: 20 })
  await fill(other, (kept) => kept.includes(false))
  const journal = await openJournal(dir, { maxBytes: MAX, tickMs: 20, onFull: 'refuse' })
  expect(journal.counters().bytesOnDisk).toBeGreaterThan(MAX / 2)
  expect(journal.accepting()).toBe(false)
})
