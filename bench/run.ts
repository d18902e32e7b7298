/**
 * `npm run bench`: what Weir costs, as ratios to a bare forwarder in the same run (the machines are shared, so absolute figures say
 * little). Load, upstream and subject are processes of their own, pinned to cores. A run in which a row is missing fails.
 * `--quick` shortens it, `--peers` adds other gateways, `--control` measures keys, limits, budgets, cache and the outage drill alone,
 * `--write` puts the tables into docs/benchmarks.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureControl } from './control.ts'
import { chatBody, firstByte, latency, throughput } from './load.ts'
import { startPeers } from './peers.ts'
import { cpuSeconds, rssMiB, sentPort, startPinned } from './processes.ts'
import { controlled, type Report, toMarkdown } from './report.ts'
import { direct, forwarder, type Subject, weir } from './subjects.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    peers: { type: 'boolean' },
    control: { type: 'boolean' },
    write: { type: 'boolean' },
  },
})
const SECONDS = options.quick ? 2 : 4
const ROUNDS = options.quick ? 1 : 3
const LOAD_CORE = '1'
const folder = mkdtempSync(join(tmpdir(), 'weir-load-'))
const report: Report = { conditions: conditions(), throughput: [], latency: [], firstByte: [], idle: [], lost: [] }

const KINDS = [
  { kind: 'small', bytes: 200, stream: false },
  { kind: 'large', bytes: 100_000, stream: false },
  { kind: 'sse', bytes: 200, stream: true },
]

const upstream = await startPinned(
  LOAD_CORE,
  [process.execPath, new URL('upstream.ts', import.meta.url).pathname],
  sentPort,
)
try {
  if (!options.control) {
    await measure('recorder on another core', '0', '1')
    await measure('everything on one core', '0')
  }
  report.control = await measureControl({
    upstream,
    seconds: SECONDS,
    rounds: ROUNDS,
    loadCore: LOAD_CORE,
    folder,
    settled,
  })
} finally {
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}
const text = options.control ? controlled(report.control).join('\n') : toMarkdown(report)
console.log(text)
if (options.write && !options.control) writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), text)
if (report.control.drill.some(({ errors }) => errors > 0)) {
  console.error('Clients saw errors while the first target was down.')
  process.exitCode = 1
}
if (report.lost.length > 0) {
  console.error(`Rows are missing: ${report.lost.join('; ')}`)
  process.exitCode = 1
}

async function measure(setting: string, cores: string, recorderCore?: string): Promise<void> {
  const bare = await forwarder(upstream, cores)
  const subject = await weir(upstream, { cores, name: `Weir, ${setting}`, ...(recorderCore ? { recorderCore } : {}) })
  const peers = options.peers && recorderCore ? await startPeers(upstream, cores) : []
  const subjects: Subject[] = [direct(upstream), bare, subject, ...peers]
  try {
    report.idle.push({ name: subject.name, startedInMs: subject.startedInMs, rssMiB: rssMiB(subject.pid!) })
    let bareSmall = 0
    for (const { kind, bytes, stream } of KINDS) {
      for (const connections of [1, 16, 256]) {
        const rates = await compare(subjects, kind, chatBody(bytes, stream), connections)
        if (kind === 'small' && connections === 16) bareSmall = rates.get(bare.name) ?? 0
      }
    }
    if (recorderCore) await measureLatency(subjects, bareSmall / 3)
    report.idle.push({ name: `${subject.name}, after the load`, startedInMs: null, rssMiB: rssMiB(subject.pid!) })
  } finally {
    for (const each of subjects) await each.stop()
  }
}

/** Rounds in turn, so that a change of the machine's mood meets all subjects; the best round of each counts. */
async function compare(
  subjects: Subject[],
  kind: string,
  body: string,
  connections: number,
): Promise<Map<string, number>> {
  const best = new Map<
    string,
    { perSecond: number; cpuMicros: number | null; storedPerSecond: number | null; errors: number }
  >()
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) {
      const result = await one(subject, kind, body, connections)
      const before = best.get(subject.name)
      if (!before || result.perSecond > before.perSecond) best.set(subject.name, result)
    }
  }
  const bare = best.get('node:http + undici')!
  for (const [name, result] of best) {
    report.throughput.push({
      name,
      kind,
      connections,
      ...result,
      ratio: result.perSecond / bare.perSecond,
      storedRatio: result.storedPerSecond === null ? null : result.storedPerSecond / bare.perSecond,
    })
  }
  return new Map([...best].map(([name, result]) => [name, result.perSecond]))
}

async function one(subject: Subject, kind: string, body: string, connections: number) {
  const storedBefore = subject.stored ? await settled(subject, 0) : 0
  const cpuBefore = subject.pid ? cpuSeconds(subject.pid) : 0
  const servedBefore = await served()
  const from = performance.now()
  const load = await throughput(subject.url(kind), body, connections, SECONDS, LOAD_CORE, folder, subject.headers)
  const cpu = subject.pid ? ((cpuSeconds(subject.pid) - cpuBefore) / load.requests) * 1e6 : null
  let storedPerSecond: number | null = null
  if (subject.stored) {
    // The client may leave calls unfinished when its time is up: the upstream's own count is what must be stored.
    const wanted = storedBefore + (await served()) - servedBefore
    const stored = await settled(subject, wanted)
    storedPerSecond = load.requests / ((performance.now() - from) / 1000)
    if (stored < wanted)
      report.lost.push(`${subject.name} ${kind} ${connections}: ${wanted - stored} of ${wanted - storedBefore}`)
  }
  return { perSecond: load.perSecond, cpuMicros: cpu, storedPerSecond, errors: load.errors }
}

async function served(): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${upstream.port}/count`)).text())
}

/** Waits until the count of stored calls has reached `wanted` and stands still. */
async function settled(subject: Subject, wanted: number): Promise<number> {
  let last = -1
  for (let still = 0; still < 40;) {
    const now = await subject.stored!()
    if (now >= wanted && now === last) return now
    still = now === last ? still + 1 : 0
    last = now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return last
}

async function measureLatency(subjects: Subject[], rate: number): Promise<void> {
  for (const subject of subjects) {
    const result = await latency(
      subject.url('small'),
      chatBody(200, false),
      rate,
      16,
      SECONDS,
      LOAD_CORE,
      subject.headers,
    )
    report.latency.push({ name: subject.name, rate, ...result })
    report.firstByte.push({
      name: subject.name,
      ...(await firstByte(subject.url('sse'), chatBody(200, true), options.quick ? 200 : 1000, subject.headers)),
    })
  }
}

function conditions(): string {
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load and upstream pinned to core 1, subjects to core 0`
}
