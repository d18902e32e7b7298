/**
 * Weir as its users run it: a process of its own (server/main.ts) with a data folder, to be killed, drained, limited or watched
 * from outside. What a test wants to know of it comes over HTTP, from its output or from /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync as readlink } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface WeirProcess {
  url: string
  port: number
  pid: number
  child: ChildProcess
  /** What it has said so far, both outputs. */
  output(): string
  /** Settles when it says something that matches. */
  said(pattern: RegExp): Promise<void>
  /** kill -9; settles when it is gone. */
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Exit code; null when a signal ended it. */
  ended: Promise<number | null>
  api(path: string): Promise<any>
}

export interface ProcessOptions {
  dataDir: string
  /** Name → base URL. */
  providers?: Record<string, string>
  env?: Record<string, string>
  /** For node itself, such as `--import`. */
  nodeArgs?: string[]
}

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url))

export async function startProcess({
  dataDir,
  providers = {},
  env = {},
  nodeArgs = [],
}: ProcessOptions): Promise<WeirProcess> {
  const addresses = Object.entries(providers).map(([name, url]) => [
    `WEIR_PROVIDERS_${name.toUpperCase()}_BASE_URL`,
    url,
  ])
  const child = spawn(process.execPath, [...nodeArgs, MAIN, '--data', dataDir, '--port', '0'], {
    cwd: dataDir,
    env: { PATH: process.env['PATH'], WEIR_DRAIN_DELAY: '0', ...Object.fromEntries(addresses), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const listeners = new Set<() => void>()
  const hear = (bytes: Buffer) => {
    text += String(bytes)
    for (const listener of listeners) listener()
  }
  child.stdout!.on('data', hear)
  child.stderr!.on('data', hear)
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(text)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
      void ended.then((code) => reject(new Error(`Weir ended (${code}) before it said ${pattern}:\n${text}`)))
    })
  await said(/Dashboard\s+\S+\/app/)
  const url = /Dashboard\s+(\S+)\/app/.exec(text)![1]!
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    child,
    output: () => text,
    said,
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
    signal: (name) => void child.kill(name),
    ended,
    api: async (path) => (await fetch(`${url}/api${path}`)).json(),
  }
}

/** Resident memory of a process in bytes (Linux). */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

/** Open descriptors of a process (Linux). */
export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

export const sockets = (pid: number): number => {
  let count = 0
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlink(`/proc/${pid}/fd/${fd}`).startsWith('socket:')) count++
    } catch {
      // Closed while we looked.
    }
  }
  return count
}
