// Several processes may write into one data folder. Each has a folder of its own, held by a lock that dies with it.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { listWriters } from '../../server/journal/files.ts'
import { acquireRecorderLock, isWriterAlive } from '../../server/journal/lock.ts'
import {
  commitOne,
  endMeta,
  newCallId,
  newJournalDir,
  newLedger,
  openAssembler,
  openJournal,
  startChild,
  startMeta,
  textOf,
  writeCall,
} from './support.ts'

test('each process has its own folder, and a dead one is seen to be dead at once', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const [a, b] = await Promise.all([startChild(dir, 'hold'), startChild(dir, 'hold')])

  expect(new Set([journal.writer, a.writer, b.writer]).size).toBe(3)
  const alive = () => [journal, a, b].map(({ writer }) => isWriterAlive(join(dir, writer)))
  expect(alive()).toEqual([true, true, true])
  await a.kill()
  expect(alive()).toEqual([true, false, true])
  await journal.close()
  expect(alive()).toEqual([false, false, true])
})

test('folders of the dead are taken over, so their number stays bounded', async () => {
  const dir = newJournalDir()
  for (let start = 0; start < 4; start++) {
    const [a, b] = await Promise.all([startChild(dir, 'hold'), startChild(dir, 'hold')])
    await Promise.all([a.said(1), b.said(1)])
    await Promise.all([a.kill(), b.kill()])
  }
  expect(listWriters(dir)).toHaveLength(2)

  const ledger = newLedger()
  commitOne(openAssembler(dir, ledger), ledger)
  expect(ledger.calls.map(({ response, end }) => [textOf(response), end])).toEqual(Array(8).fill(['half', null]))
  expect(ledger.open).toEqual([])
})

test('what the dead left open comes out when another process takes the folder over, what the living has open does not', async () => {
  const dir = newJournalDir()
  const child = await startChild(dir, 'hold')
  await child.said(1)
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  commitOne(assembler, ledger)
  expect([ledger.calls.length, ledger.open.length]).toEqual([0, 1])

  await child.kill()
  const journal = await openJournal(dir)
  expect(journal.writer).toBe(child.writer)
  const running = newCallId()
  await journal.start(running, startMeta())
  commitOne(assembler, ledger)
  expect(ledger.calls).toMatchObject([{ end: null }])
  expect(ledger.open.map(({ callId }) => callId)).toEqual([running])

  await journal.end(running, endMeta())
  commitOne(assembler, ledger)
  expect(ledger.calls).toMatchObject([{ end: null }, { callId: running, end: { outcome: 'ok' } }])
})

test('the open call of a process that sleeps stays open', async () => {
  const dir = newJournalDir()
  const child = await startChild(dir, 'hold')
  await child.said(1)
  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  for (let i = 0; i < 5; i++) commitOne(assembler, ledger)
  expect(ledger.calls).toEqual([])
  await child.kill()
  commitOne(assembler, ledger)
  expect(ledger.calls).toMatchObject([{ end: null, response: [{ length: 4 }] }])
})

test('calls of several writers come out, none starves', async () => {
  const dir = newJournalDir()
  const journals = [await openJournal(dir), await openJournal(dir), await openJournal(dir)]
  const written = []
  for (let i = 0; i < 30; i++) for (const journal of journals) written.push((await writeCall(journal)).callId)

  const ledger = newLedger()
  const assembler = openAssembler(dir, ledger)
  for (let i = 0; i < 3; i++) expect(commitOne(assembler, ledger, 5)).toMatchObject({ more: true })
  const of = (writer: string) => ledger.positions.find((position) => position.writer === writer)!.offset
  for (const { writer } of journals) expect(of(writer)).toBeGreaterThan(0)
  while (commitOne(assembler, ledger, 5).more);
  expect(ledger.calls.map(({ callId }) => callId).sort()).toEqual(written.sort())
})

test('the recorder thread of the same process sees the lock too, and does not break it', async () => {
  const dir = newJournalDir()
  const journal = await openJournal(dir)
  const ask = async () => {
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads')
       import(workerData.lock).then(({ isWriterAlive }) => parentPort.postMessage(isWriterAlive(workerData.folder)))`,
      {
        eval: true,
        workerData: {
          lock: new URL('../../server/journal/lock.ts', import.meta.url).href,
          folder: join(dir, journal.writer),
        },
      },
    )
    onTestFinished(async () => void (await worker.terminate()))
    return (await once(worker, 'message'))[0]
  }
  expect(await ask()).toBe(true)
  // The asking must not have given the lock away: another process still takes a folder of its own.
  const child = await startChild(dir, 'hold')
  expect(child.writer).not.toBe(journal.writer)
  await journal.close()
  expect(await ask()).toBe(false)
})

test('there is one recorder per data folder', () => {
  const data = join(newJournalDir(), '..')
  const lock = acquireRecorderLock(data)
  expect(lock).not.toBeNull()
  expect(acquireRecorderLock(data)).toBeNull()
  lock!.release()
  const next = acquireRecorderLock(data)
  expect(next).not.toBeNull()
  next!.release()
})
