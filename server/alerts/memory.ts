/**
 * What each alert has said, in `alerts.json` of the data folder: a restart neither repeats nor forgets. Written anew after each
 * message, by way of a draft, so that a crash leaves the one or the other whole.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** States of things that are long over. */
const KEPT_MS = 60 * 86_400_000
const MOST = 5000

export interface Said {
  state: string
  since: number
}

export interface Memory {
  said(alert: string, key: string): Said | null
  keep(alert: string, key: string, said: Said | null): void
  of(alert: string): [key: string, said: Said][]
}

type Kept = Record<string, Record<string, Said>>

export const openMemory = (dataDir: string, now: () => number): Memory => {
  const file = join(dataDir, 'alerts.json')
  const kept = read(file)
  const write = () => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.draft`, JSON.stringify(kept), { mode: 0o600 })
    renameSync(`${file}.draft`, file)
  }
  return {
    said: (alert, key) => kept[alert]?.[key] ?? null,
    keep(alert, key, said) {
      const own = (kept[alert] ??= {})
      if (said === null) delete own[key]
      else own[key] = said
      const all = Object.entries(own)
      const old = all.filter(([, { since }]) => now() - since > KEPT_MS)
      const over = all.length - old.length > MOST ? all.slice(0, all.length - MOST) : []
      for (const [name] of [...old, ...over]) delete own[name]
      write()
    },
    of: (alert) => Object.entries(kept[alert] ?? {}),
  }
}

/** A file that cannot be read says nothing: a message twice is better than none. */
function read(file: string): Kept {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Kept) : {}
  } catch {
    return {}
  }
}
