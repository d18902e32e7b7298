// Every entry is answered only when the write that holds it has returned, and the entries of a tick share one write.
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createFaultyFs,
  endMeta,
  attemptMeta,
  newCallId,
  newJournalDir,
  openJournal,
  part,
  readAll,
  segmentPaths,
  startMeta,
  writeCall,
} from './support.ts'

test('entries come back in order and as they were given', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const callId = newCallId()
  const start = startMeta({ user: 'zoë 🚲', headers: ['x-odd', '\u0000\u00ff'] })
  const bytes = Buffer.from([0, 255, 0xf7, 0x57, 0x4a, 0x31])

  await journal.start(callId, start)
  await journal.part(callId, { direction: 'request', atMs: 0.07, length: 6, bytes })
  await journal.attempt(callId, attemptMeta())
  await journal.part(callId, { direction: 'response', atMs: 4_000_000.12, length: 6, bytes })
  await journal.end(callId, endMeta({ outcome: 'client_abort' }))

  expect(readAll(dir, journal.writer).entries).toEqual([
    { kind: 'start', callId, meta: start },
    { kind: 'part', callId, part: { direction: 'request', atMs: 0.07, length: 6, bytes } },
    { kind: 'attempt', callId, meta: expect.objectContaining({ n: 1, status: 200 }) },
    { kind: 'part', callId, part: { direction: 'response', atMs: 4_000_000.12, length: 6, bytes } },
    { kind: 'end', callId, meta: endMeta({ outcome: 'client_abort' }) },
  ])
})

test('the entries of a tick go out in one write, and only one write is out at a time', async () => {
  const dir = newJournalDir()
  const { fs, faults, writes } = createFaultyFs()
  const nodeFs = (await import('../../server/journal/disk.ts')).createNodeFs()
  let outstanding = 0
  let most = 0
  faults.writev = (fd, buffers, position, done) => {
    most = Math.max(most, ++outstanding)
    nodeFs.writev(fd, buffers, position, (error, written) => {
      outstanding--
      done(error, written)
    })
  }
  const journal = await openJournal(dir, { fs })

  await Promise.all(Array.from({ length: 200 }, () => writeCall(journal)))
  expect(writes).toHaveLength(1)

  // Each call goes at its own pace now: writes overlap with entries of other calls.
  const chat = async () => {
    const callId = newCallId()
    await journal.start(callId, startMeta())
    for (let i = 0; i < 10; i++) await journal.part(callId, part(`${i} `))
    await journal.end(callId, endMeta())
  }
  await Promise.all(Array.from({ length: 100 }, chat))

  expect(most).toBe(1)
  const { entries, counters } = readAll(dir, journal.writer)
  expect(entries).toHaveLength(200 * 5 + 100 * 12)
  expect(journal.counters()).toMatchObject({ entriesWritten: entries.length, bodiesShed: 0, callsLost: 0 })
  expect(counters).toEqual({ entriesSkipped: 0, bytesSkipped: 0, tornTails: 0 })
})

test('an entry is not answered before its write has returned', async () => {
  const { fs, faults } = createFaultyFs()
  const journal = await openJournal(newJournalDir(), { fs })
  let finish = () => {}
  const writing = new Promise<void>((resolve) => {
    faults.writev = (_fd, buffers, _position, done) => {
      finish = () =>
        done(
          null,
          buffers.reduce((sum, { length }) => sum + length, 0),
        )
      resolve()
    }
  })
  let answered = false
  const answer = journal.start(newCallId(), startMeta()).then(() => (answered = true))
  await writing
  await new Promise(setImmediate)
  expect(answered).toBe(false)
  finish()
  await answer
})

test('pieces of any size are kept whole, large ones without a copy', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const callId = newCallId()
  const sizes = [0, 1, 8191, 8192, 8193, 70_000, 262_144, 3_000_000]
  await journal.start(callId, startMeta({ headers: Array.from({ length: 20_000 }, (_, i) => `ü${i}`) }))
  await Promise.all(sizes.map((size) => journal.part(callId, part(Buffer.alloc(size, size % 251)))))

  const parts = readAll(dir, journal.writer).entries.filter((entry) => entry.kind === 'part')
  expect(parts.map(({ part }) => part.length)).toEqual(sizes)
  for (const [i, { part }] of parts.entries())
    expect(part.bytes!.equals(Buffer.alloc(sizes[i]!, sizes[i]! % 251))).toBe(true)
})

test('a part without bytes keeps its length and arrival only', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const callId = newCallId()
  await journal.start(callId, startMeta({ capture: 'metadata' }))
  await journal.part(callId, { direction: 'request', atMs: 2, length: 5_000_000, bytes: null })

  const { entries, position } = readAll(dir, journal.writer)
  expect(entries[1]).toEqual({
    kind: 'part',
    callId,
    part: { direction: 'request', atMs: 2, length: 5_000_000, bytes: null },
  })
  expect(position.offset).toBeLessThan(2000)
})

test('a segment that is full is followed by another', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir, { segmentBytes: 20_000 })
  for (let i = 0; i < 100; i++) await writeCall(journal)

  const paths = segmentPaths(dir, journal.writer)
  expect(paths.length).toBeGreaterThan(3)
  for (const path of paths) expect(statSync(path).size).toBeLessThanOrEqual(20_000)
  expect(readAll(dir, journal.writer).entries).toHaveLength(500)
})

test('only the owner may read the journal', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  await writeCall(journal)
  const [segment] = segmentPaths(dir, journal.writer)
  const modes = [dir, dirname(segment!), segment!, join(dirname(segment!), 'lock.db')].map(
    (path) => statSync(path).mode & 0o777,
  )
  expect(modes).toEqual([0o700, 0o700, 0o600, 0o600])
})

test('the recorder is woken by a call that is over, not by a piece', async () => {
  const wake = new SharedArrayBuffer(4)
  const cell = new Int32Array(wake)
  const journal = await openJournal(newJournalDir(), { wake })
  const callId = newCallId()
  await journal.start(callId, startMeta())
  await journal.part(callId, part('data: x\n\n'))
  expect(cell[0]).toBe(0)
  await journal.end(callId, endMeta())
  expect(cell[0]).toBe(1)
})

test.each(['interval', 'always'] as const)('fsync %s syncs what was written', async (fsync) => {
  const { fs, faults } = createFaultyFs()
  const nodeFs = (await import('../../server/journal/disk.ts')).createNodeFs()
  let syncs = 0
  const synced = new Promise<void>((resolve) => {
    faults.sync = (fd, done) => nodeFs.sync(fd, (error) => (syncs++, resolve(), done(error)))
  })
  const journal = await openJournal(newJournalDir(), { fs, fsync, tickMs: 20 })
  await writeCall(journal)
  if (fsync === 'always') expect(syncs).toBe(1)
  await synced
})

test('entries of a call that was not started, or is over, are refused', async () => {
  const journal = await openJournal(newJournalDir())
  const { callId, kept } = await writeCall(journal)
  expect(kept).toEqual([true, true, true, true, true])
  expect(await journal.part(callId, part('late'))).toBe(false)
  expect(await journal.end(newCallId(), endMeta())).toBe(false)
  await expect(journal.start('call-1', startMeta())).rejects.toThrow('must be a UUID')
})

test('closing writes what is queued and refuses what comes later', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const written = writeCall(journal)
  await journal.close()
  expect((await written).kept).toEqual([true, true, true, true, true])
  expect((await writeCall(journal)).kept).not.toContain(true)
  expect([journal.healthy(), journal.accepting()]).toEqual([false, false])
  expect(readAll(dir, journal.writer).entries).toHaveLength(5)
})
