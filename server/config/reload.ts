/**
 * The configuration in force. Every 2 s the content of its files is hashed (renames and Kubernetes links break fs.watch), and
 * SIGHUP asks at once. A file that is wrong changes nothing: the last good one stays in force and `problems` says why.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { type Config, RESTART_KEYS } from './config.ts'
import { type ConfigInput, loadConfig, type LoadedConfig } from './load.ts'
import { ConfigError, toLine } from './mistakes.ts'

export interface ConfigSource {
  /** The file that was looked for, and whether it was there at the last look. */
  readonly file: { path: string; found: boolean }
  current(): Config
  /** Why the newest file is not, or not wholly, in force; empty when all is well. */
  problems(): string[]
  /** Hears of every new configuration; answers how to stop hearing. */
  onChange(listener: (config: Config) => void): () => void
  /** Looks at the files now. */
  check(): Promise<void>
  close(): void
}

export interface SourceOptions extends ConfigInput {
  /** Hears one line for each change and each problem. */
  say?: (line: string) => void
  /** Milliseconds between two looks. */
  every?: number
}

/** An editor that truncates and then writes shows an empty file for a moment: only what stays the same this long counts. */
const SETTLE_MS = 50

/** Throws ConfigError when the configuration at the start is wrong. */
export const createConfigSource = ({ say = () => {}, every = 2000, ...input }: SourceOptions): ConfigSource => {
  let loaded = loadConfig(input)
  let problems: string[] = []
  let seen: string | null = null
  /** The last look failed: what was missing (a secret's file) may have come since, so each look tries again. */
  let failed = false
  let checking: Promise<void> | null = null
  const listeners = new Set<(config: Config) => void>()
  const started = loaded.config

  const report = (next: string[]) => {
    if (next.join('\n') !== problems.join('\n')) for (const line of next) say(line)
    problems = next
  }

  const apply = (next: LoadedConfig) => {
    const waiting = RESTART_KEYS.filter((key) => !same(next.config[key], started[key]))
    const kept = Object.fromEntries(RESTART_KEYS.map((key) => [key, started[key]]))
    loaded = { ...next, config: { ...next.config, ...kept } }
    report(waiting.map((key) => `${key} has changed in the configuration: restart Weir to make it so.`))
    for (const listener of listeners) listener(loaded.config)
  }

  const look = async () => {
    const hash = await settled(loaded.files)
    if (hash === seen && !failed) return
    seen = hash
    try {
      const next = loadConfig({ ...input, file: loaded.found ? loaded.file : input.file })
      failed = false
      if (problems.length === 0 && same(next.config, loaded.config)) return void (loaded = next)
      say(`The configuration was read again from ${next.file}.`)
      apply(next)
    } catch (error) {
      failed = true
      const lines = error instanceof ConfigError ? error.mistakes.map(toLine) : [`  ${String(error)}`]
      report(['The new configuration is wrong, so the last good one stays in force:', ...lines])
    }
  }

  const check = () => (checking ??= look().finally(() => (checking = null)))
  const onHangup = () => void check()
  const timer = setInterval(onHangup, every).unref()
  process.on('SIGHUP', onHangup)
  void check()

  return {
    get file() {
      return { path: loaded.file, found: loaded.found }
    },
    current: () => loaded.config,
    problems: () => problems,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    check,
    close: () => {
      clearInterval(timer)
      process.off('SIGHUP', onHangup)
    },
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

const settled = async (files: readonly string[]): Promise<string> => {
  for (let last = await hashOf(files); ;) {
    await wait(SETTLE_MS, undefined, { ref: false })
    const now = await hashOf(files)
    if (now === last) return now
    last = now
  }
}

const hashOf = async (files: readonly string[]): Promise<string> => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file).catch(() => 'absent')).update('\0')
  return hash.digest('hex')
}
