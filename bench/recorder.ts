/**
 * `node bench/recorder.ts [small|sse|large …] [--calls=20000] [--profile]`: what storing a call costs, without the data path.
 * A journal of realistic calls is written by a process of its own; then the recorder's steps run over it in this thread, on real
 * SQLite in a temporary folder, and the processor time of the thread is read around each step. The machines are shared, so
 * it is processor time and not the clock that counts; `all threads` adds what V8's helpers do for it, which counts where
 * there is one core. Last comes the recorder itself, `whole`, over the same journal: that is the figure to hold.
 * For a profile: `node --cpu-prof bench/recorder.ts small --whole`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, PerformanceObserver } from 'node:perf_hooks'
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
    /** Only the recorder as it is, without the break-down. */
    whole: { type: 'boolean' },
    /** Of the process that writes the journal. */
    write: { type: 'string' },
  },
})
/** Calls in one transaction in the break-down: what the recorder learns to take under load. */
const BATCH = 256
const CHECKPOINT_EVERY = 4096

function toKinds(names: string[]): CallKind[] {
  return names.length === 0 ? [...KINDS] : (names as CallKind[])
}

async function measure(kind: CallKind): Promise<void> {
  const calls = Number(options.calls ?? (kind === 'large' ? 2000 : kind === 'sse' ? 8000 : 20_000))
  const dir = mkdtempSync(join(tmpdir(), 'weir-recorder-bench-'))
  const me = process.argv[1] as string
  const written = spawnSync(process.execPath, [me, kind, `--calls=${calls}`, `--write=${dir}`], { stdio: 'inherit' })
  if (written.status !== 0) throw new Error('The journal could not be written.')
  try {
    if (!options.whole) await measureSteps(kind, calls, dir)
    await measureWhole(kind, calls, dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const recorderOptions = (dataDir: string): RecorderOptions => ({
  dataDir,
  database: 'sqlite',
  wake: new SharedArrayBuffer(4),
  retention: { contentMs: null, callsMs: null, maxBytes: null },
  capture: { maxBytes: 8 * 1024 * 1024 },
  prices: { overrides: [], aliases: {} },
  providers: [{ name: 'openai', dialects: ['openai-chat'], priceId: 'openai', billing: 'metered', local: false }],
})

/** The same steps as recorder/round.ts, with a clock between them. */
async function measureSteps(kind: CallKind, calls: number, dir: string): Promise<void> {
  const dataDir = mkdtempSync(join(dir, 'steps-'))
  const given = recorderOptions(dataDir)
  const steps = createSteps(given)
  const store = await openStore(given)
  const assembler = createAssembler({ dir: join(dir, 'journal'), positions: [], open: [] })
  const clock = createClock()
  const warm = Math.min(2000, calls / 4)
  for (let done = 0; done < calls;) {
    if (done >= warm) clock.begin()
    const batch = assembler.take(BATCH, 8 * 1024 * 1024)
    clock.mark('assemble')
    const rows = batch.calls.map((call) => steps.toRow(call, null))
    clock.mark('decode, price, row')
    await store.record({ calls: rows, positions: batch.positions, open: batch.open })
    clock.mark('store')
    if (done % CHECKPOINT_EVERY < BATCH) await store.checkpoint()
    clock.mark('checkpoint')
    done += batch.calls.length
    clock.count(batch.calls.length)
    if (batch.calls.length === 0) throw new Error(`The journal gave ${done} of ${calls} calls.`)
  }
  const disk = (await store.diskBytes()) / calls
  assembler.close()
  await store.close()
  console.log(`${kind}, step by step: ${clock.report()}; ${disk.toFixed(0)} bytes a call on disk`)
}

async function measureWhole(kind: CallKind, calls: number, dir: string): Promise<void> {
  let stored = 0
  const given = recorderOptions(dir)
  const recorder = createRecorder(given, {
    post: (message) => {
      if (message.type !== 'recorded') return
      stored += message.calls.length
      structuredClone(message)
    },
  })
  const collections = watchGarbage()
  const before = { thread: process.threadCpuUsage(), all: process.cpuUsage() }
  const running = recorder.run()
  recorder.receive({ type: 'stop' })
  await running
  const thread = perCall(process.threadCpuUsage(before.thread), calls)
  const all = perCall(process.cpuUsage(before.all), calls)
  const rss = Math.round(process.memoryUsage.rss() / 1024 / 1024)
  await new Promise((resolve) => setTimeout(resolve, 20))
  console.log(
    `${kind}, whole: ${thread} µs a call in the thread, ${all} µs in all threads, garbage ${collections(calls)}; RSS ${rss} MiB`,
  )
  if (stored !== calls) throw new Error(`${stored} of ${calls} calls were stored.`)
  if (readdirSync(dir).includes('recorder.mark')) throw new Error('The recorder did not end well.')
}

const perCall = ({ user, system }: NodeJS.CpuUsage, calls: number): string => ((user + system) / calls).toFixed(1)

function createClock() {
  const sums = new Map<string, number>()
  let calls = 0
  let last: number | null = null
  const now = () => {
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  return {
    begin: () => void (last = now()),
    mark: (name: string) => {
      if (last === null) return
      const at = now()
      sums.set(name, (sums.get(name) ?? 0) + at - last)
      last = at
    },
    count: (more: number) => {
      if (last !== null) calls += more
    },
    report: () => {
      const all = [...sums.values()].reduce((sum, spent) => sum + spent, 0)
      const each = [...sums].map(([name, spent]) => `${name} ${(spent / calls).toFixed(1)}`)
      return `${each.join(' · ')} = ${(all / calls).toFixed(1)} µs of the thread a call`
    },
  }
}

/** Time by the clock, of this thread: what it waited for. */
function watchGarbage(): (calls: number) => string {
  let young = 0
  let old = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) young += entry.duration
      else old += entry.duration
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return (calls) => `${((young * 1000) / calls).toFixed(1)} + ${((old * 1000) / calls).toFixed(1)} µs (young + old)`
}

if (options.write !== undefined) await writeJournal(options.write, positionals[0] as CallKind, Number(options.calls))
else for (const kind of toKinds(positionals)) await measure(kind)
