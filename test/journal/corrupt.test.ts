// A journal with damage: what is intact is read, what is not is counted and set aside, and nothing is made up.
import { appendFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createWriterReader } from '../../server/journal/read.ts'
import type { EntryRef } from '../../server/journal/read.ts'
import {
  commitOne,
  endMeta,
  newCallId,
  newJournalDir,
  newLedger,
  openAssembler,
  openJournal,
  part,
  readAll,
  segmentPaths,
  startMeta,
  textOf,
  writeCall,
} from './support.ts'

/** Three calls of five entries, closed, and where each entry stands. */
const threeCalls = async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const calls = []
  for (const text of ['one', 'two', 'three']) calls.push(await writeCall(journal, [text]))
  await journal.close()
  const reader = createWriterReader({ dir, writer: journal.writer, from: null })
  const refs: EntryRef[] = []
  for (let ref = reader.next(() => true); ref; ref = reader.next(() => true)) refs.push(ref)
  reader.close()
  const [path] = segmentPaths(dir, journal.writer)
  const damage = (at: number, bytes: number[]) => {
    const content = readFileSync(path!)
    content.set(bytes, at)
    writeFileSync(path!, content)
  }
  return { dir, writer: journal.writer, path: path!, refs, callIds: calls.map(({ callId }) => callId), damage }
}

const HEADER = 40

// Entry 8 is the second call's response part.
test.each([
  ['magic', (ref: EntryRef) => ref.offset],
  ['kind', (ref: EntryRef) => ref.offset + 4],
  ['length', (ref: EntryRef) => ref.offset + 9],
  ['call id', (ref: EntryRef) => ref.offset + 20],
  ['CRC of the header', (ref: EntryRef) => ref.offset + 37],
  ['body', (ref: EntryRef) => ref.offset + HEADER + 17],
])('a corrupt %s costs this entry and no other', async (_name, place) => {
  const { dir, writer, path, refs, damage } = await threeCalls()
  const broken = refs[8]!
  const original = readFileSync(path)
  damage(place(broken), [original[place(broken)]! ^ 0x10])

  const { entries, counters } = readAll(dir, writer)
  expect(entries).toHaveLength(14)
  expect(counters).toEqual({ entriesSkipped: 1, bytesSkipped: broken.size, tornTails: 0 })
  const [aside] = readdirSync(join(dir, writer, 'skipped'))
  const kept = readFileSync(join(dir, writer, 'skipped', aside!))
  expect(kept.equals(readFileSync(path).subarray(broken.offset, broken.offset + broken.size))).toBe(true)
})

test('a call that lost a part says so by a gap, and the others are whole', async () => {
  const { dir, refs, callIds, damage } = await threeCalls()
  damage(refs[8]!.offset, [0])
  const ledger = newLedger()
  commitOne(openAssembler(dir, ledger), ledger)

  expect(ledger.calls.map(({ callId }) => callId)).toEqual(callIds)
  expect(ledger.calls.map(({ response }) => textOf(response))).toEqual(['one', '□', 'three'])
  expect(ledger.calls[1]!.response).toMatchObject([{ length: 3, bytes: null }])
})

test('a gap in the middle of a body stands where the bytes are missing', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const callId = newCallId()
  await journal.start(callId, startMeta())
  for (const text of ['alpha', 'beta', 'gamma']) await journal.part(callId, part(text))
  await journal.end(callId, endMeta())
  await journal.close()
  const [path] = segmentPaths(dir, journal.writer)
  const content = readFileSync(path!)
  content.write('BETA', content.indexOf('beta'))
  writeFileSync(path!, content)

  const ledger = newLedger()
  commitOne(openAssembler(dir, ledger), ledger)
  expect(textOf(ledger.calls[0]!.response)).toBe('alpha□gamma')
  expect(ledger.calls[0]!.response[1]).toMatchObject({ length: 4, bytes: null })
})

test('a torn tail of a dead writer is cut off without counting as damage', async () => {
  const { dir, writer, path, refs } = await threeCalls()
  const last = refs.at(-1)!
  for (const keep of [last.size - 1, HEADER + 3, HEADER, HEADER - 1, 1]) {
    truncateSync(path, last.offset + keep)
    const { entries, counters } = readAll(dir, writer)
    expect(entries).toHaveLength(14)
    expect(counters).toEqual({ entriesSkipped: 0, bytesSkipped: 0, tornTails: 1 })
  }
})

test('a tail of zeros, as a power loss leaves it, is passed over', async () => {
  const { dir, writer, path } = await threeCalls()
  appendFileSync(path, Buffer.alloc(10_000))
  const { entries, counters, position } = readAll(dir, writer)
  expect(entries).toHaveLength(15)
  expect(counters).toEqual({ entriesSkipped: 1, bytesSkipped: 10_000, tornTails: 0 })
  expect(position.offset).toBe(readFileSync(path).length)
})

test('the tail of a living writer is waited for, whatever stands there', async () => {
  const { dir, writer, path, refs } = await threeCalls()
  const content = readFileSync(path)
  const last = refs.at(-1)!
  const reader = createWriterReader({ dir, writer, from: null })
  const read = () => {
    let count = 0
    while (reader.next(() => false)) count++
    return count
  }
  writeFileSync(path, content.subarray(0, last.offset + HEADER + 5))
  expect(read()).toBe(14)
  expect(read()).toBe(0)
  // A page that is not filled yet.
  writeFileSync(path, Buffer.concat([content.subarray(0, last.offset), Buffer.alloc(last.size)]))
  expect(read()).toBe(0)
  writeFileSync(path, content)
  expect(read()).toBe(1)
  expect(reader.counters()).toEqual({ entriesSkipped: 0, bytesSkipped: 0, tornTails: 0 })
  reader.close()
})

test('journal bytes inside a body are a body, even when its own header is broken', async () => {
  const { path: foreign } = await threeCalls()
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  await writeCall(journal, ['before'])
  const [path] = segmentPaths(dir, journal.writer)
  // Somebody sends journals to a model: another one, and the very one that this call is written to.
  const bodies = Buffer.concat([readFileSync(foreign), readFileSync(path!)])
  const callId = newCallId()
  await journal.start(callId, startMeta())
  await journal.part(callId, part(bodies))
  await journal.end(callId, endMeta())
  await journal.close()
  const content = readFileSync(path!)
  const header = content.indexOf(bodies) - HEADER - 16
  content[header + 8]! ^= 1
  writeFileSync(path!, content)

  const { entries, counters } = readAll(dir, journal.writer)
  expect(entries.map(({ kind }) => kind)).toEqual(['start', 'part', 'attempt', 'part', 'end', 'start', 'end'])
  expect(counters.entriesSkipped).toBe(1)
})

test('entries of a call whose start is gone are counted, not invented', async () => {
  const { dir, refs, callIds, damage } = await threeCalls()
  damage(refs[0]!.offset + 30, [1, 2, 3])
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  commitOne(assembler, ledger)
  expect(ledger.calls.map(({ callId }) => callId)).toEqual(callIds.slice(1))
  expect(assembler.counters()).toMatchObject({ entriesSkipped: 1, orphans: 4 })
})
