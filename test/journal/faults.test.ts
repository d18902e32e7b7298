// A disk that fails: what is acknowledged stays, what follows goes elsewhere, and calls never wait for ever.
import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  commitOne,
  createFaultyFs,
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
  writeAtMost,
  writeCall,
} from './support.ts'

const errorOf = (code: string) => Object.assign(new Error(`${code}: injected`), { code })

test('a short write goes on from its offset', async () => {
  const dir = newJournalDir()
  const { fs, faults, writes } = createFaultyFs()
  const journal = await openJournal(dir, { fs })
  faults.writev = writeAtMost(700)
  const calls = await Promise.all(Array.from({ length: 20 }, () => writeCall(journal, ['x'.repeat(20_000)])))

  expect(calls.flatMap(({ kept }) => kept)).not.toContain(false)
  expect(writes.length).toBeGreaterThan(500)
  const { entries, counters } = readAll(dir, journal.writer)
  expect(entries).toHaveLength(100)
  expect(counters.entriesSkipped).toBe(0)
})

test.each(['EIO', 'ENOSPC'])(
  'after %s the file is cut to its last whole entry and the rest goes to a new one',
  async (code) => {
    const dir = newJournalDir()
    const { fs, faults } = createFaultyFs()
    const journal = await openJournal(dir, { fs })
    const before = await writeCall(journal, ['before'])
    const whole = statSync(segmentPaths(dir, journal.writer)[0]!).size
    // 1,500 bytes are a start, some parts, and half an entry; then the disk says no, once.
    let failed = false
    faults.writev = (fd, buffers, position, done) => {
      delete faults.writev
      writeAtMost(1500)(fd, buffers, position, (error, written) => {
        if (error) return done(error, 0)
        faults.writev = (_fd, _buffers, _position, fail) => {
          delete faults.writev
          failed = true
          fail(errorOf(code), 0)
        }
        done(null, written)
      })
    }
    const during = await Promise.all(Array.from({ length: 5 }, () => writeCall(journal, ['during'])))
    const after = await writeCall(journal, ['after'])

    expect(failed).toBe(true)
    expect([before, ...during, after].flatMap(({ kept }) => kept)).not.toContain(false)
    const [first, ...others] = segmentPaths(dir, journal.writer)
    expect(statSync(first!).size).toBeGreaterThan(whole)
    expect(statSync(first!).size).toBeLessThan(whole + 1500)
    expect(others).toHaveLength(1)

    const ledger = newLedger()
    const assembler = openAssembler(dir, ledger)
    commitOne(assembler, ledger)
    expect(ledger.calls.map(({ callId }) => callId)).toEqual([before, ...during, after].map(({ callId }) => callId))
    expect(ledger.calls.map(({ response }) => textOf(response))).toEqual([
      'before',
      ...during.map(() => 'during'),
      'after',
    ])
    expect(assembler.counters()).toEqual({ entriesSkipped: 0, bytesSkipped: 0, tornTails: 0, orphans: 0 })
    expect([journal.healthy(), journal.counters().callsLost]).toEqual([true, 0])
  },
)

test.each(['works', 'fails'])(
  'a write whose count is not known is not read twice, when cutting it off %s',
  async (cutting) => {
    const dir = newJournalDir()
    const { fs, faults } = createFaultyFs()
    if (cutting === 'fails') faults.truncate = (_fd, _length, done) => setImmediate(done, errorOf('EIO'))
    const journal = await openJournal(dir, { fs })
    const callId = newCallId()
    const ledger = newLedger()
    const assembler = openAssembler(dir, ledger)
    await journal.start(callId, startMeta())
    commitOne(assembler, ledger)
    // All of it comes to the disk and the reader sees it; then the system call fails as if nothing had.
    faults.writev = (fd, buffers, position, done) => {
      delete faults.writev
      writeAtMost(1e9, 'EIO')(fd, buffers, position, (error, written) => {
        commitOne(assembler, ledger)
        done(error, written)
      })
    }
    await Promise.all([journal.part(callId, part('once ')), journal.part(callId, part('each'))])
    await journal.end(callId, endMeta())

    commitOne(assembler, ledger)
    expect(textOf(ledger.calls[0]!.response)).toBe('once each')
  },
)

test('when bodies do not fit, the lengths of their parts may', async () => {
  const dir = newJournalDir()
  const { fs, faults } = createFaultyFs()
  const journal = await openJournal(dir, { fs })
  const real = writeAtMost(1e9)
  faults.writev = (fd, buffers, position, done) => {
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
    if (bytes > 10_000) done(errorOf('ENOSPC'), 0)
    else real(fd, buffers, position, done)
  }
  const { kept } = await writeCall(journal, ['y'.repeat(50_000), 'z'.repeat(50_000)])
  expect(kept).not.toContain(false)
  expect(journal.counters()).toMatchObject({ bodiesShed: 2, callsLost: 0 })

  const ledger = newLedger()
  commitOne(openAssembler(dir, ledger), ledger)
  expect(ledger.calls[0]).toMatchObject({
    request: [{ length: 19, bytes: null }],
    response: [
      { length: 50_000, bytes: null },
      { length: 50_000, bytes: null },
    ],
    end: { outcome: 'ok' },
  })
})

test('a dead disk loses calls and counts them, but stops none; an end is kept until the disk is back', async () => {
  const dir = newJournalDir()
  const { fs, faults } = createFaultyFs()
  const journal = await openJournal(dir, { fs, tickMs: 20, onFull: 'refuse' })
  const callId = newCallId()
  await journal.start(callId, startMeta())

  faults.writev = (_fd, _buffers, _position, done) => setImmediate(done, errorOf('EIO'), 0)
  expect(await journal.part(callId, part('gone'))).toBe(false)
  expect(await journal.end(callId, endMeta())).toBe(false)
  for (let i = 0; i < 50; i++) expect(new Set((await writeCall(journal)).kept)).toEqual(new Set([false]))
  expect(journal.counters()).toMatchObject({ callsLost: 50, bodiesShed: 1 })
  expect([journal.healthy(), journal.accepting()]).toEqual([false, false])
  expect(segmentPaths(dir, journal.writer).length).toBeLessThan(5)

  delete faults.writev
  await expect.poll(() => journal.healthy(), { timeout: 30_000 }).toBe(true)
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  await expect.poll(() => commitOne(assembler, ledger) && ledger.calls.length, { timeout: 30_000 }).toBe(1)
  expect(ledger.calls[0]).toMatchObject({ callId, end: { outcome: 'ok' }, response: [{ length: 4, bytes: null }] })
  expect(ledger.open).toEqual([])
  expect((await writeCall(journal)).kept).not.toContain(false)
})

test('behind a write that hangs the queue is bounded, and nobody waits for ever', async () => {
  const dir = newJournalDir()
  const { fs, faults } = createFaultyFs()
  const journal = await openJournal(dir, { fs, queueBytes: 200_000, stallMs: 300, tickMs: 20 })
  const open = newCallId()
  await journal.start(open, startMeta())
  let release = () => {}
  const hanging = new Promise<void>((resolve) => {
    faults.writev = (fd, buffers, position, done) => {
      delete faults.writev
      release = () => fs.writev(fd, buffers, position, done)
      resolve()
    }
  })
  const inFlight = journal.part(open, part('in flight'))
  await hanging

  const piece = Buffer.alloc(20_000, 'x')
  const answers = Array.from({ length: 100 }, () => journal.part(open, part(piece)))
  expect(journal.counters().bodiesShed).toBe(1)
  const first = await Promise.race(answers.map((answer, i) => answer.then((kept) => [i, kept])))
  expect(first).toEqual([expect.any(Number), false])

  expect(await Promise.all(answers)).not.toContain(true)
  expect(await inFlight).toBe(false)
  expect(journal.healthy()).toBe(false)
  expect((await writeCall(journal)).kept).not.toContain(true)
  expect(await journal.end(open, endMeta())).toBe(false)
  expect(journal.counters()).toMatchObject({ callsLost: 1, bodiesShed: 1 })

  release()
  await expect.poll(() => journal.healthy()).toBe(true)
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  await expect.poll(() => commitOne(assembler, ledger) && ledger.calls.length).toBe(1)
  // What was in flight came to the disk after all; the rest is a gap that says how much is missing.
  expect(ledger.calls[0]!.response).toMatchObject([{ length: 9 }, { length: 2_000_000, bytes: null }])
  expect(ledger.calls[0]!.end).toMatchObject({ outcome: 'ok' })
})

test('behind a slow write entries without bodies are bounded too, and answered at once when there is no room', async () => {
  const { fs, faults } = createFaultyFs()
  const journal = await openJournal(newJournalDir(), { fs, queueBytes: 200_000, stallMs: 60_000 })
  const callId = newCallId()
  await journal.start(callId, startMeta())
  let release = () => {}
  faults.writev = (fd, buffers, position, done) => {
    delete faults.writev
    release = () => fs.writev(fd, buffers, position, done)
  }
  const answers: (boolean | null)[] = Array(5000).fill(null)
  for (const i of answers.keys()) {
    const piece = { direction: 'response', atMs: i, length: 10, bytes: null } as const
    journal.partThen(callId, piece, (kept) => (answers[i] = kept))
  }
  const waiting = answers.filter((kept) => kept === null).length
  expect(waiting).toBeGreaterThan(100)
  expect(waiting).toBeLessThan(1000)
  expect(answers.filter((kept) => kept === false)).toHaveLength(5000 - waiting)

  await new Promise(setImmediate)
  release()
  await expect.poll(() => answers.filter((kept) => kept === true).length).toBe(waiting)
  expect(journal.counters()).toMatchObject({ bodiesShed: 0, callsLost: 0 })
})

test('a journal whose folder cannot take a file starts, says so, and works once it can', async () => {
  const dir = newJournalDir()
  const { fs, faults } = createFaultyFs()
  faults.open = (_path, _durable, done) => setImmediate(done, errorOf('EROFS'), -1)
  const journal = await openJournal(dir, { fs, tickMs: 20 })
  expect(journal.healthy()).toBe(false)
  expect((await writeCall(journal)).kept).not.toContain(true)

  delete faults.open
  await expect.poll(() => journal.healthy()).toBe(true)
  expect((await writeCall(journal)).kept).not.toContain(false)
})
