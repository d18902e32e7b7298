// Whatever becomes of the database, calls pass as if nothing were: locked under load, or its disk full. When it works again every call
// has its row, once; what the journal could not keep is counted and said.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { chatAnswer, chatStream, json, startProvider, stream } from '../support/provider.ts'
import { startProcess, type WeirProcess } from '../support/process.ts'
import { exchange } from '../support/raw-client.ts'
import { startWeir } from '../support/weir.ts'
import { CHAT, eventually, post, STREAM_BODY } from './support.ts'

const SMALL = '{"model":"gpt-5-mini","messages":[]}'
const LARGE = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'The sea. '.repeat(7000) }] })

async function house(config: Record<string, unknown> = {}) {
  const provider = await startProvider((request, response, incoming) =>
    (request.text.includes('"stream":true') ? stream(chatStream()) : json(chatAnswer()))(request, response, incoming),
  )
  const weir = await startWeir({ providers: { openai: provider }, config })
  onTestFinished(async () => {
    await weir.close()
    await provider.close()
  })
  await weir.ready
  return weir
}

interface Load {
  clients: number
  /** Between a client's calls: where a small disk must hold what is recorded, however fast the machine is. */
  pauseMs?: number
  json?: string
}

/** Calls, half of them streams, from `clients` at once until told to stop; every one must be answered whole. Answers with their ids. */
function load(port: number, { clients, pauseMs = 0, json = SMALL }: Load): () => Promise<string[]> {
  const ids: string[] = []
  let going = true
  const all = Array.from({ length: clients }, async () => {
    for (let n = 0; going; n++) {
      const answer = await exchange(port, [
        `POST ${CHAT} HTTP/1.1`,
        'host: x',
        'content-type: application/json',
        `content-length: ${(n % 2 ? json : STREAM_BODY).length}`,
        '',
        n % 2 ? json : STREAM_BODY,
      ])
      expect([answer.statusLine, answer.whole, String(answer.body)]).toEqual([
        'HTTP/1.1 200 OK',
        true,
        n % 2 ? JSON.stringify(chatAnswer()) : chatStream().join(''),
      ])
      ids.push(answer.header('x-weir-call-id')!)
      if (pauseMs) await wait(pauseMs)
    }
  })
  return async () => {
    going = false
    await Promise.all(all)
    return ids
  }
}

test('the database is locked for two seconds under load: calls pass, then parity', { timeout: 60_000 }, async () => {
  const weir = await house()
  const stop = load(weir.port, { clients: 8 })
  const other = new Database(join(weir.dataDir, 'weir.db'))
  other.exec('BEGIN IMMEDIATE')
  await wait(2000)
  other.exec('ROLLBACK')
  other.close()
  const ids = await stop()
  const calls = await weir.recordedCount(ids.length)
  expect(calls.map((call) => call.id).toSorted()).toEqual(ids.toSorted())
  expect(calls.filter((call) => call.outcome !== 'ok')).toEqual([])
  expect(await weir.api('/status')).toMatchObject({ callsLost: 0, problem: null })
})

test(
  'the journal cannot be written: calls pass, what is lost is counted and shown, and then it goes on',
  { timeout: 60_000 },
  async () => {
    // Segments so small that new ones are needed all the time; where their folder should be there is none.
    const weir = await house({ journal: { segmentBytes: '64KiB' } })
    const first = await post(weir, CHAT, SMALL)
    await weir.recorded(first.header('x-weir-call-id')!)
    const journal = join(weir.dataDir, 'journal')
    renameSync(journal, `${journal}-away`)
    const stop = load(weir.port, { clients: 4 })
    await eventually('calls are counted as lost', async () => (await weir.api('/status')).callsLost > 5)
    expect((await fetch(`${weir.url}/readyz`)).status).toBe(503)
    renameSync(`${journal}-away`, journal)
    await eventually('ready again', async () => (await fetch(`${weir.url}/readyz`)).status === 200)
    await stop()
    const last = await post(weir, CHAT, SMALL)
    expect(await weir.recorded(last.header('x-weir-call-id')!)).toMatchObject({ outcome: 'ok' })
  },
)

test(
  'the journal is full because the database is held up: calls pass, what is dropped is counted, and the rest is recorded',
  { timeout: 60_000 },
  async () => {
    const weir = await house({ journal: { maxBytes: '512KiB', onFull: 'drop' } })
    const other = new Database(join(weir.dataDir, 'weir.db'))
    other.exec('BEGIN IMMEDIATE')
    const stop = load(weir.port, { clients: 8 })
    await eventually('calls are counted as lost', async () => (await weir.api('/status')).callsLost > 20, 30_000)
    other.exec('ROLLBACK')
    other.close()
    const ids = await stop()
    const { callsLost } = await weir.api('/status')
    const calls = await weir.recordedCount(ids.length - callsLost)
    expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length)
    expect(calls.filter((call) => !ids.includes(call.id) || call.outcome !== 'ok')).toEqual([])
  },
)

/** A process whose data folder is on a disk of 64 MiB; null: none can be had here, and the test was skipped. */
async function smallDisk(context: TestContext) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return noDisk(context, 'it needs root on Linux')
  const disk = mkdtempSync(join(tmpdir(), 'weir-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk], { stdio: 'pipe' })
  } catch (error) {
    rmSync(disk, { recursive: true })
    return noDisk(context, String(error))
  }
  const provider = await startProvider((request, response, incoming) =>
    (request.text.includes('"stream":true') ? stream(chatStream()) : json(chatAnswer()))(request, response, incoming),
  )
  const dataDir = join(disk, 'data')
  mkdirSync(dataDir)
  const weir = await startProcess({
    dataDir,
    providers: { openai: provider.url },
    env: { WEIR_JOURNAL_SEGMENT_BYTES: '1MiB' },
  })
  onTestFinished(async () => {
    await weir.kill()
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
    await provider.close()
  })
  return { weir, disk, dataDir }
}

function noDisk(context: TestContext, why: string): null {
  if (process.env['WEIR_TEST_ALL'] === '1')
    throw new Error(`WEIR_TEST_ALL=1, but no small tmpfs can be mounted: ${why}`)
  context.skip(`a small tmpfs cannot be mounted: ${why}`)
  return null
}

/** Waits until the recorder is through: each call that was answered has its row, whole, or is counted as lost. */
async function parity(weir: WeirProcess, ids: string[]): Promise<void> {
  const through = async () => {
    const status = await weir.api('/status')
    return status.problem === null && status.callsRecorded + status.callsLost >= ids.length
  }
  await eventually('the recorder has caught up', through, 90_000).catch(async (error) => {
    throw new Error(`${error.message}: ${ids.length} calls, ${JSON.stringify(await weir.api('/status'))}`)
  })
  const { callsLost } = await weir.api('/status')
  const rows = (await (await fetch(`${weir.url}/api/calls/export?format=jsonl`)).text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length)
  expect(rows.length + callsLost).toBe(ids.length)
  expect(rows.filter((row) => row.outcome !== 'ok')).toEqual([])
  console.log(`full disk: ${ids.length} calls answered whole, ${rows.length} recorded, ${callsLost} counted as lost`)
}

test(
  'the disk is full (a small tmpfs): calls pass whole, what is lost is counted, and parity after',
  { timeout: 200_000 },
  async (context) => {
    const house = await smallDisk(context)
    if (house === null) return
    const { weir, disk } = house
    const stop = load(weir.port, { clients: 4, pauseMs: 20 })
    await eventually('some are recorded', async () => (await weir.api('/status')).callsRecorded > 20, 60_000)
    const filler = fill(join(disk, 'filler'))
    const shows = async () => {
      const { problem, callsLost } = await weir.api('/status')
      return problem !== null || callsLost > 0
    }
    await eventually('the disk shows', shows, 30_000)
    await wait(1500)
    rmSync(filler)
    await eventually('it works again', async () => (await fetch(`${weir.url}/readyz`)).ok, 30_000)
    await wait(500)
    await parity(weir, await stop())
  },
)

test(
  'the journal has outrun the recorder on a small disk: it has left room for the database, so both go on',
  { timeout: 200_000 },
  async (context) => {
    const house = await smallDisk(context)
    if (house === null) return
    const { weir, dataDir } = house
    const first = await post(weir, CHAT, SMALL)
    expect(first.statusLine).toBe('HTTP/1.1 200 OK')
    await eventually('the database is there', async () => (await weir.api('/status')).callsRecorded === 1, 30_000)
    const other = new Database(join(dataDir, 'weir.db'))
    other.exec('BEGIN IMMEDIATE')
    const stop = load(weir.port, { clients: 4, json: LARGE })
    await eventually('calls are counted as lost', async () => (await weir.api('/status')).callsLost > 20, 60_000)
    const ids = [first.header('x-weir-call-id')!, ...(await stop())]
    other.exec('ROLLBACK')
    other.close()
    await parity(weir, ids)
  },
)

/** Takes all that is left. */
function fill(file: string): string {
  const fd = openSync(file, 'w')
  try {
    for (const size of [65_536, 4096]) while (tryWrite(fd, size));
  } finally {
    closeSync(fd)
  }
  return file
}

function tryWrite(fd: number, size: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(size, 1)) === size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
