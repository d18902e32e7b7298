// A segment goes when it is recorded and checkpointed and no open call has an entry in it. Never earlier.
import { existsSync, readdirSync, statSync, writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
  segmentPaths,
  startMeta,
  textOf,
  writeCall,
} from './support.ts'

const SEGMENT = { segmentBytes: 4000 }

test('recorded segments are deleted, the one that is written to is not', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, SEGMENT)
  for (let i = 0; i < 20; i++) await writeCall(journal)
  const before = segmentPaths(dir, journal.writer)
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)

  // Only half of it is recorded.
  const half = commitOne(assembler, ledger, 10)
  sweepJournal({ dir, holds: half.holds })
  const left = segmentPaths(dir, journal.writer)
  expect(left.length).toBeLessThan(before.length)
  expect(left).toEqual(before.slice(-left.length))

  const all = commitOne(assembler, ledger, 100)
  expect(sweepJournal({ dir, holds: all.holds })).toMatchObject({ segments: left.length - 1 })
  expect(segmentPaths(dir, journal.writer)).toEqual(before.slice(-1))
  expect(new Set(ledger.calls.map(({ callId }) => callId)).size).toBe(20)
})

test('segments with entries of an open call stay, those between them go', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, SEGMENT)
  const callId = newCallId()
  const others = async () => {
    for (let i = 0; i < 20; i++) await writeCall(journal)
  }
  await journal.start(callId, startMeta())
  await others()
  await journal.part(callId, part('middle'))
  await others()
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  const { holds } = commitOne(assembler, ledger)
  sweepJournal({ dir, holds })
  expect(segmentPaths(dir, journal.writer)).toHaveLength(3)

  // It is found again after a restart, across the holes.
  assembler.close()
  await journal.end(callId, endMeta())
  const next = openAssembler(dir, ledger)
  const last = commitOne(next, ledger)
  expect(ledger.calls.at(-1)).toMatchObject({ callId, end: { outcome: 'ok' } })
  expect(textOf(ledger.calls.at(-1)!.response)).toBe('middle')
  sweepJournal({ dir, holds: last.holds })
  expect(segmentPaths(dir, journal.writer)).toHaveLength(1)
})

test('a dead writer leaves no content behind, and its numbers go on', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  await writeCall(journal)
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  const living = commitOne(assembler, ledger)
  expect(sweepJournal({ dir, holds: living.holds })).toEqual({ segments: 0, bytes: 0 })

  await journal.close()
  const [path] = segmentPaths(dir, journal.writer)
  expect(sweepJournal({ dir, holds: living.holds }).bytes).toBeGreaterThan(0)
  expect(statSync(path!).size).toBe(0)
  commitOne(assembler, ledger)
  assembler.close()

  const next = await openJournal(dir)
  expect(next.writer).toBe(journal.writer)
  await writeCall(next)
  commitOne(openAssembler(dir, ledger), ledger)
  expect(ledger.calls).toHaveLength(2)
})

test('after somebody deleted all segments, new calls are still found', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, SEGMENT)
  for (let i = 0; i < 5; i++) await writeCall(journal)
  const ledger = newLedger()
  commitOne(openAssembler(dir, ledger), ledger)
  await journal.close()
  const { rmSync } = await import('node:fs')
  for (const path of segmentPaths(dir, journal.writer)) rmSync(path)

  const clock = Date.now
  Date.now = () => clock() + 60_000
  const next = await openJournal(dir, SEGMENT).finally(() => (Date.now = clock))
  const { callId } = await writeCall(next)
  commitOne(openAssembler(dir, ledger), ledger)
  expect(ledger.calls.at(-1)!.callId).toBe(callId)
})

test('what was set aside goes after its time', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  await writeCall(journal)
  await journal.close()
  const [path] = segmentPaths(dir, journal.writer)
  const content = readFileSync(path!)
  content[0] = 0
  writeFileSync(path!, content)
  const ledger = newLedger()
  const { holds } = commitOne(openAssembler(dir, ledger), ledger)
  const aside = join(dir, journal.writer, 'skipped')
  expect(readdirSync(aside)).toHaveLength(1)
  sweepJournal({ dir, holds })
  expect(readdirSync(aside)).toHaveLength(1)
  sweepJournal({ dir, holds, skippedMs: -1000 })
  expect(readdirSync(aside)).toHaveLength(0)
  expect(existsSync(path!)).toBe(true)
})
