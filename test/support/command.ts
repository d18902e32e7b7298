/** Runs a program of the machine's and collects what it says. It gets no proxy settings: its only target is this machine. */
import { spawn } from 'node:child_process'

export interface Ran {
  code: number | null
  out: Buffer
  text: string
  errors: string
}

export interface Running {
  /** Settles when what was said so far matches. */
  says(pattern: RegExp): Promise<void>
  done: Promise<Ran>
  kill(): void
}

export function start(program: string, args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } as NodeJS.ProcessEnv,
  })
  const out: Buffer[] = []
  const errors: Buffer[] = []
  const waiting = new Set<() => void>()
  child.stdout.on('data', (bytes: Buffer) => {
    out.push(bytes)
    for (const look of waiting) look()
  })
  child.stderr.on('data', (bytes: Buffer) => errors.push(bytes))
  const said = () => Buffer.concat(out)
  return {
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(said().toString())) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        child.once('close', () =>
          reject(new Error(`${program} ended without saying ${pattern}: ${said()}${Buffer.concat(errors)}`)),
        )
        look()
      }),
    done: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) =>
        resolve({ code, out: said(), text: said().toString(), errors: Buffer.concat(errors).toString() }),
      )
    }),
    kill: () => void child.kill(),
  }
}

export const run = (program: string, args: string[], env?: Record<string, string>): Promise<Ran> =>
  start(program, args, env).done
