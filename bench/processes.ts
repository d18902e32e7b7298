/** Processes of the benchmark: started on chosen cores, measured from outside by what the kernel says of them, ended by their id. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

export interface Running {
  child: ChildProcess
  port: number
  stop(): Promise<void>
}

/** Starts `command` pinned to `cores` (such as `0` or `0,1`); `ready` tells its port. */
export async function startPinned(
  cores: string,
  command: string[],
  ready: (child: ChildProcess) => Promise<number>,
  env: Record<string, string> = {},
  cwd?: string,
): Promise<Running> {
  const child = spawn('taskset', ['-c', cores, ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
    cwd,
  })
  let said = ''
  child.stderr!.on('data', (text) => (said = (said + String(text)).slice(-4000)))
  child.stdout!.on('data', (text) => (said = (said + String(text)).slice(-4000)))
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`${command.join(' ')} ended with ${code} before it was ready:\n${said}`)
  })
  const port = await Promise.race([ready(child), died])
  died.catch(() => {})
  return {
    child,
    port,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await once(child, 'exit')
      clearTimeout(late)
    },
  }
}

/** A child that sends `{port}` when it listens. */
export const sentPort = async (child: ChildProcess): Promise<number> =>
  ((await once(child, 'message'))[0] as { port: number }).port

/** Seconds of processor time that a process has used, all its threads. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Resident memory in MiB. */
export const rssMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

/** Moves the niced threads of a process (Weir's recorder) to a core. */
export function pinNicedThreads(pid: number, core: string): number {
  let moved = 0
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const nice = Number(readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8').split(') ')[1]!.split(' ')[16])
    if (nice > 0) moved += spawnSync('taskset', ['-pc', core, tid]).status === 0 ? 1 : 0
  }
  return moved
}
