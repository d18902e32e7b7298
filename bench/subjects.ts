/** What is measured: each subject is a process in front of the same upstream, with the path that reaches it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { pinNicedThreads, type Running, sentPort, startPinned } from './processes.ts'

export interface Subject {
  name: string
  /** Null: the upstream itself. */
  pid: number | null
  url(kind: string): string
  /** What else it must be told with each call. */
  headers?: Record<string, string>
  /** Calls that are stored by now; null for subjects that store nothing. */
  stored: (() => Promise<number>) | null
  stop(): Promise<void>
}

const node = process.execPath
const here = (path: string) => new URL(path, import.meta.url).pathname

export const direct = (upstream: Running): Subject => ({
  name: 'direct',
  pid: null,
  url: (kind) => `http://127.0.0.1:${upstream.port}/v1/${kind}`,
  stored: null,
  stop: async () => {},
})

export async function forwarder(upstream: Running, cores: string): Promise<Subject> {
  const running = await startPinned(cores, [node, here('forwarder.ts'), `http://127.0.0.1:${upstream.port}`], sentPort)
  return {
    name: 'node:http + undici',
    pid: running.child.pid!,
    url: (kind) => `http://127.0.0.1:${running.port}/v1/${kind}`,
    stored: null,
    stop: running.stop,
  }
}

export interface WeirOptions {
  /** Cores of the process. */
  cores: string
  /** Core of the recorder's thread, where it is another. */
  recorderCore?: string
  name: string
  /** weir.yaml; default: none. */
  settings?: object
  headers?: Record<string, string>
  /** Path of the calls; default: OpenAI's own address. */
  path?: (kind: string) => string
}

/** The packaged Weir, as `npm start` runs it: full logging of bodies, SQLite, search, rollups. */
export async function weir(
  upstream: Running,
  {
    cores,
    recorderCore,
    name,
    settings,
    headers = {},
    path = (kind) => `/openai/v1/chat/completions/${kind}`,
  }: WeirOptions,
): Promise<Subject & { startedInMs: number }> {
  const data = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const env = { WEIR_DATA: data, WEIR_PORT: '0', WEIR_PROVIDERS_OPENAI_BASE_URL: `http://127.0.0.1:${upstream.port}` }
  // JSON is YAML, too.
  if (settings) writeFileSync(join(data, 'weir.yaml'), JSON.stringify(settings), { mode: 0o600 })
  const from = performance.now()
  const running = await startPinned(cores, [node, here('../dist/main.js')], readUrl, env, data)
  const startedInMs = performance.now() - from
  const base = `http://127.0.0.1:${running.port}`
  await ready(base)
  if (recorderCore) pinNicedThreads(running.child.pid!, recorderCore)
  return {
    name,
    startedInMs,
    pid: running.child.pid!,
    headers,
    url: (kind) => base + path(kind),
    stored: async () => ((await (await fetch(`${base}/api/status`)).json()) as { callsRecorded: number }).callsRecorded,
    stop: async () => {
      await running.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Weir says its address in its first lines. */
function readUrl(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    let said = ''
    child.stdout!.on('data', (text) => {
      said += String(text)
      const found = /http:\/\/[^\s:]+:(\d+)/.exec(said)
      if (found) resolve(Number(found[1]))
    })
  })
}

async function ready(base: string): Promise<void> {
  const until = Date.now() + 20_000
  while (Date.now() < until) {
    if ((await fetch(`${base}/readyz`)).ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('Weir was not ready within 20 s.')
}
