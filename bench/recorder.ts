/**
 * `node bench/recorder.ts [small|sse|large …] [--calls=10000] [--laps=5]`: what storing a call costs, without the data path.
 * A journal of realistic calls is written by a process of its own; then the recorder runs over it in this thread, on real
 * SQLite in a temporary folder, several times. The machines are shared, so it is processor time that counts and not the clock,
 * and the best lap of them: neighbours on the core only ever add. First the recorder as it is, then its steps with a clock between them.
 * `in all threads` adds what V8's helpers do for this one, which counts where there is one core.
 * For a profile: `node --cpu-prof bench/recorder.ts small --laps=1`. `--listened`: main wants every call (a dashboard is open).
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { openStore } from '../db/open.ts'
import { createAssembler } from '../server/journal/assemble.ts'
import { createRecorder } from '../server/recorder/loop.ts'
import type { RecorderOptions } from '../server/recorder/messages.ts'
import { createSteps } from '../server/recorder/steps.ts'
import { KINDS, writeJournal, type CallKind } from './recorder-calls.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    calls: { type: 'string' },
    laps: { type: 'string', default: '5' },
    listened: { type: 'boolean', default: false },
    /** A folder for the journals, which stay there and are used again. */
    keep: { type: 'string' },
    /** Of the process that writes the journal. */
    write: { type: 'string' },
  },
})
const USUAL: Record<CallKind, number> = { small: 10_000, sse: 4000, large: 800 }
/** Calls in one transaction in the break-down. */
const BATCH = 256
const CHECKPOINT_EVERY = 4096

async function measure(kind: CallKind): Promise<void> {
  const calls = Number(options.calls ?? USUAL[kind])
  const dir = mkdtempSync(join(tmpdir(), 'weir-recorder-bench-'))
  const journal = toJournal(kind, calls, options.keep ?? dir)
  try {
    const whole = await laps(() => measureWhole(calls, newFolder(dir, journal)))
    const best = whole.toSorted((a, b) => a.thread - b.thread)[0]!
    console.log(
      `${kind}: ${best.thread.toFixed(1)} µs a call in the thread, ${best.all.toFixed(1)} in all threads,`,
      `collecting garbage ${best.garbage.toFixed(1)} by the clock; RSS ${best.rss} MiB`,
    )
    console.log(`  laps: ${whole.map(({ thread }) => thread.toFixed(0)).join(' ')}`)
    const steps = await laps(() => measureSteps(calls, newFolder(dir, journal)))
    const names = Object.keys(steps[0]!.spent)
    const least = names.map((name) => [name, Math.min(...steps.map(({ spent }) => spent[name]!))] as const)
    console.log(`  steps: ${least.map(([name, µs]) => `${name} ${µs.toFixed(1)}`).join(' · ')} µs`)
    console.log(`  ${steps[0]!.disk.toFixed(0)} bytes a call on disk`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Writes it, unless it is there. */
function toJournal(kind: CallKind, calls: number, folder: string): string {
  const dir = join(folder, `${kind}-${calls}`)
  if (existsSync(dir)) return join(dir, 'journal')
  mkdirSync(dir)
  const me = process.argv[1] as string
  const { status } = spawnSync(process.execPath, [me, kind, `--calls=${calls}`, `--write=${dir}`], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The journal could not be written.')
  return join(dir, 'journal')
}

/** Journal and database are new each time: what is recorded is swept away. */
function newFolder(dir: string, journal: string): string {
  const dataDir = mkdtempSync(join(dir, 'lap-'))
  cpSync(journal, join(dataDir, 'journal'), { recursive: true })
  return dataDir
}

async function laps<T>(lap: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let i = 0; i < Number(options.laps); i++) results.push(await lap())
  return results
}

function recorderOptions(dataDir: string): RecorderOptions {
  return {
    dataDir,
    database: 'sqlite',
    wake: new SharedArrayBuffer(4),
    retention: { contentMs: null, callsMs: null, maxBytes: null },
    capture: { maxBytes: 8 * 1024 * 1024 },
    prices: { overrides: [], aliases: {} },
    providers: [{ name: 'openai', dialects: ['openai-chat'], priceId: 'openai', billing: 'metered', local: false }],
  }
}

async function measureWhole(calls: number, dataDir: string) {
  let stored = 0
  const recorder = createRecorder(recorderOptions(dataDir), {
    post: (message) => {
      if (message.type === 'recorded') stored += message.stored.length
      // What handing it to another thread costs this one, and a bit more.
      structuredClone(message)
    },
  })
  recorder.receive({ type: 'listen', on: options.listened })
  const garbage = watchGarbage()
  const before = { thread: process.threadCpuUsage(), all: process.cpuUsage() }
  const running = recorder.run()
  recorder.receive({ type: 'stop' })
  await running
  const thread = perCall(process.threadCpuUsage(before.thread), calls)
  const all = perCall(process.cpuUsage(before.all), calls)
  const rss = Math.round(process.memoryUsage.rss() / 1024 / 1024)
  if (stored !== calls) throw new Error(`${stored} of ${calls} calls were stored.`)
  return { thread, all, rss, garbage: (await garbage.stop()) / calls }
}

const perCall = ({ user, system }: NodeJS.CpuUsage, calls: number): number => (user + system) / calls

/** The same steps as in recorder/round.ts. */
async function measureSteps(calls: number, dataDir: string) {
  const given = recorderOptions(dataDir)
  const steps = createSteps(given)
  const store = await openStore(given)
  const assembler = createAssembler({ dir: join(dataDir, 'journal'), positions: [], open: [] })
  const spent: Record<string, number> = {}
  let at = process.threadCpuUsage()
  const mark = (name: string) => {
    spent[name] = (spent[name] ?? 0) + perCall(process.threadCpuUsage(at), calls)
    at = process.threadCpuUsage()
  }
  for (let done = 0; done < calls;) {
    const batch = assembler.take(BATCH, 8 * 1024 * 1024)
    mark('assemble')
    const rows = batch.calls.map((call) => steps.toRow(call, null).recorded)
    mark('decode, price, row')
    await store.record({ calls: rows, positions: batch.positions, open: batch.open })
    mark('store')
    if (done % CHECKPOINT_EVERY < BATCH) await store.checkpoint()
    mark('checkpoint')
    done += batch.calls.length
    if (batch.calls.length === 0) throw new Error(`The journal gave ${done} of ${calls} calls.`)
  }
  assembler.close()
  await store.close()
  return { spent, disk: statSync(join(dataDir, 'weir.db')).size / calls }
}

/** Microseconds by the clock that this thread stood still for it. */
function watchGarbage() {
  let spent = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) spent += 1000 * duration
  })
  observer.observe({ entryTypes: ['gc'] })
  return {
    stop: async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      observer.disconnect()
      return spent
    },
  }
}

if (options.write !== undefined) await writeJournal(options.write, positionals[0] as CallKind, Number(options.calls))
else for (const kind of positionals.length > 0 ? (positionals as CallKind[]) : KINDS) await measure(kind)
