// Whatever happens to the bytes: reading never throws, never loses an entry that is intact, never yields one that is not.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { JournaledCall, PartData } from '../../server/journal/entry.ts'
import { HEADER_BYTES, MAGIC } from '../../server/journal/format.ts'
import { createWriterReader } from '../../server/journal/read.ts'
import type { EntryRef } from '../../server/journal/read.ts'
import {
  attemptMeta,
  commitOne,
  createRandom,
  endMeta,
  newCallId,
  newJournalDir,
  newLedger,
  openAssembler,
  openJournal,
  part,
  segmentPaths,
  startMeta,
} from './support.ts'

type Random = ReturnType<typeof createRandom>

const randomBytes = ({ below }: Random): Buffer => {
  const bytes = Buffer.alloc(below(10) === 0 ? below(40_000) : below(300))
  for (let i = 0; i < bytes.length; i++) bytes[i] = below(256)
  // Magics in bodies, so that the search has something to trip over.
  for (let n = below(4); n > 0 && bytes.length > 8; n--) MAGIC.copy(bytes, below(bytes.length - 4))
  return bytes
}

/** Interleaved calls with random pieces; some never end. */
const writeRandom = async (random: Random) => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { segmentBytes: 30_000 + random.below(60_000) })
  const ids = Array.from({ length: 12 }, newCallId)
  await Promise.all(ids.map((callId) => journal.start(callId, startMeta({ user: 'u'.repeat(random.below(600)) }))))
  for (let step = 0; step < 150; step++) {
    const callId = ids[random.below(ids.length)]!
    const direction = random.below(4) === 0 ? 'request' : 'response'
    const kind = random.below(20)
    const answer =
      kind === 0
        ? journal.end(callId, endMeta())
        : kind === 1
          ? journal.attempt(callId, attemptMeta({ n: step }))
          : journal.part(callId, part(randomBytes(random), { direction }))
    if (random.below(3) === 0) await answer
  }
  await journal.close()
  return { dir, writer: journal.writer }
}

const toKey = (bytes: Buffer): string => bytes.toString('latin1')

/** The bytes of every entry that a reader yields. */
const readKeys = (dir: string, writer: string, files: Map<number, Buffer>) => {
  const reader = createWriterReader({ dir, writer, from: null })
  const found: { ref: EntryRef; key: string }[] = []
  for (let ref = reader.next(() => true); ref; ref = reader.next(() => true)) {
    const bytes = files.get(ref.segment)!.subarray(ref.offset, ref.offset + ref.size)
    expect(reader.read(ref)).not.toBeNull()
    found.push({ ref, key: toKey(bytes) })
  }
  reader.close()
  return found
}

const load = (dir: string, writer: string): Map<number, Buffer> =>
  new Map(
    segmentPaths(dir, writer).map((path) => [
      Number(/(\d{10})-[0-9a-f]+\.journal$/.exec(path)![1]),
      readFileSync(path),
    ]),
  )

/** Damages one file's bytes and answers which of its entries are still intact: those that no damage touched. */
const damage = (random: Random, bytes: Buffer, refs: EntryRef[]) => {
  const kind = random.below(4)
  const at = random.below(bytes.length)
  const length = Math.min(bytes.length - at, 1 + random.below(random.below(3) === 0 ? 3000 : 20))
  const touched = (ref: EntryRef) => ref.offset < at + length && ref.offset + ref.size > at
  // Cut off from here on, as a crash does.
  if (kind === 0) return { bytes: bytes.subarray(0, at), intact: refs.filter((ref) => ref.offset + ref.size <= at) }
  // A stretch is missing from the middle.
  if (kind === 1) {
    const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    return { bytes: shorter, intact: refs.filter((ref) => !touched(ref)) }
  }
  const changed = Buffer.from(bytes)
  for (let i = at; i < at + length; i++) changed[i] = kind === 2 ? 0 : changed[i]! ^ (1 + random.below(255))
  return {
    bytes: changed,
    intact: refs.filter(
      (ref) =>
        !touched(ref) ||
        bytes.subarray(ref.offset, ref.offset + ref.size).equals(changed.subarray(ref.offset, ref.offset + ref.size)),
    ),
  }
}

const takeAll = (dir: string): JournaledCall[] => {
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  while (commitOne(assembler, ledger, 3).calls.length > 0);
  assembler.close()
  return ledger.calls
}

const bodyOf = (parts: PartData[]): Buffer =>
  Buffer.concat(parts.map(({ length, bytes }) => bytes ?? Buffer.alloc(length)))

/** Every byte that is there stands where it stood; what is missing is a gap. */
const expectSameBytes = (parts: PartData[], original: Buffer) => {
  let offset = 0
  for (const { length, bytes } of parts) {
    if (bytes) expect(bytes.equals(original.subarray(offset, offset + length))).toBe(true)
    offset += length
  }
  expect(offset).toBeLessThanOrEqual(original.length)
}

test.each([1, 2, 3, 4, 5, 6])('100 damaged journals, seed %i', { timeout: 60_000 }, async (seed) => {
  const random = createRandom(seed)
  const { dir, writer } = await writeRandom(random)
  const original = load(dir, writer)
  const paths = segmentPaths(dir, writer)
  const all = readKeys(dir, writer, original)
  const known = new Set(all.map(({ key }) => key))
  expect(all.length).toBeGreaterThan(20)
  const bytes = [...original.values()].reduce((sum, { length }) => sum + length, 0)
  expect(all.reduce((sum, { ref }) => sum + ref.size, 0)).toBe(bytes)

  const bodies = new Map(
    takeAll(dir).map(({ callId, request, response }) => [
      callId,
      { request: bodyOf(request), response: bodyOf(response) },
    ]),
  )
  expect(bodies.size).toBe(12)

  for (let round = 0; round < 100; round++) {
    const file = random.below(paths.length)
    const [number, content] = [...original][file]!
    if (content.length < HEADER_BYTES) continue
    const refs = all.map(({ ref }) => ref).filter(({ segment }) => segment === number)
    const damaged = damage(random, content, refs)
    writeFileSync(paths[file]!, damaged.bytes)
    const now = load(dir, writer)
    const found = new Set(readKeys(dir, writer, now).map(({ key }) => key))

    for (const key of found) expect(known.has(key)).toBe(true)
    const lost = damaged.intact.filter((ref) => !found.has(toKey(content.subarray(ref.offset, ref.offset + ref.size))))
    expect(lost).toEqual([])
    const others = all.filter(({ ref }) => ref.segment !== number)
    expect(others.filter(({ key }) => !found.has(key))).toEqual([])
    // The whole way to a call must hold too.
    const calls = takeAll(dir)
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(calls.length)
    for (const call of calls) {
      expectSameBytes(call.request, bodies.get(call.callId)!.request)
      expectSameBytes(call.response, bodies.get(call.callId)!.response)
    }

    writeFileSync(paths[file]!, content)
  }
})
