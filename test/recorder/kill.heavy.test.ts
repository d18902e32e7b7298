// kill -9 in the middle of recording, ten times on one data folder: whatever was in the journal has its row, once, with its bytes;
// what was open is interrupted; and content that may not touch the disk has not.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openReadDb } from '../../db/open.ts'
import { callPayload } from '../../db/queries/call-payload.ts'
import { chatAnswer, recorderOptions } from './calls.ts'
import { query, startTestRecorder, temporaryFolder } from './support.ts'

const VICTIM = fileURLToPath(new URL('./workers/victim.ts', import.meta.url))
const CANARY = 'canary-that-survives-no-kill'
const KILLS = 10

interface Row {
  id: string
  outcome: string
  capture: string
  usage_source: string
  decode_error: string | null
}

/** Kills it `afterMs` after its first acknowledged call; answers what it had acknowledged. */
async function runAndKill(dataDir: string, afterMs: number): Promise<string[]> {
  const victim = spawn(process.execPath, [VICTIM, dataDir, CANARY], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged: string[] = []
  const lines = createInterface({ input: victim.stdout })
  const [started] = [once(lines, 'line')]
  lines.on('line', (line) => void (line === 'ready' || acknowledged.push(line)))
  await started
  await wait(afterMs)
  victim.kill('SIGKILL')
  await once(lines, 'close')
  return acknowledged
}

test(`${KILLS} kills: parity with what was acknowledged, no duplicates, bytes intact`, async () => {
  const dataDir = temporaryFolder()
  const acknowledged: string[] = []
  for (let i = 0; i < KILLS; i++) acknowledged.push(...(await runAndKill(dataDir, 50 + 90 * i)))
  expect(acknowledged.length).toBeGreaterThan(KILLS * 6)

  const recorder = startTestRecorder(recorderOptions(dataDir))
  await recorder.heard(({ type }) => type === 'ready')
  await recorder.stop()

  const rows = query<Row>(dataDir, 'select id, outcome, capture, usage_source, decode_error from calls')
  const byId = new Map(rows.map((row) => [row.id, row]))
  expect(byId.size).toBe(rows.length)
  const missing = acknowledged.filter((line) => byId.get(line.slice(2))?.outcome !== 'ok')
  expect(missing).toEqual([])
  const full = acknowledged.filter((line) => !line.startsWith('2'))
  expect(full.filter((line) => byId.get(line.slice(2))?.usage_source !== 'provider')).toEqual([])
  expect(rows.filter(({ decode_error }) => decode_error?.includes('ended the recorder'))).toEqual([])
  // The call that each of them had left open; fewer if a kill came before it was written.
  expect(rows.filter(({ outcome }) => outcome === 'interrupted').length).toBeGreaterThanOrEqual(KILLS - 1)

  const db = await openReadDb(recorderOptions(dataDir))
  for (const line of acknowledged.filter((one) => one.startsWith('0'))) {
    const id = line.slice(2)
    const payload = await callPayload(db, { id, kind: 'response' })
    expect(Buffer.from(payload!.bytes).toString()).toBe(chatAnswer({ id: `chatcmpl-${id}` }))
  }
  await db.close()
  const { recorded } = query<{ recorded: number }>(
    dataDir,
    "select sum(value) as recorded from meta where name like 'recorded:%'",
  )[0]!
  expect(recorded).toBe(rows.length)
  expect(() => execFileSync('grep', ['-rlaF', CANARY, dataDir], { stdio: 'pipe' })).toThrow()
})
