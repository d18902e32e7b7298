/** The stored credentials in memory, opened with the master key. One that cannot be opened says why; the others are not touched by it. */
import type { CredentialRow } from '../../db/tables.ts'
import type { Level } from '../control/watch.ts'
import type { StoredCredential } from './credential.ts'
import { readMasterKey } from './master-key.ts'
import { openSealed } from './seal.ts'

export interface Credentials extends Level {
  list(): readonly StoredCredential[]
  /** The stored ones, all of them. */
  load(rows: readonly CredentialRow[]): void
}

export interface CredentialsSettings {
  dataDir: string
  /** In hex; null: the data folder's own. */
  masterKey: string | null
  /** After the first `load`, and each that changed anything. */
  onChange(): void
  /** Hears of each one that cannot be opened, once. */
  say(line: string): void
}

export const createCredentials = ({ dataDir, masterKey, onChange, say }: CredentialsSettings): Credentials => {
  let opened: readonly StoredCredential[] = []
  let before: string | null = null
  const said = new Set<string>()

  const open = (rows: readonly CredentialRow[]): StoredCredential[] => {
    const master = keyOrProblem(dataDir, masterKey)
    return rows.map((row) => openRow(row, master))
  }
  const sayProblems = () => {
    for (const { problem } of opened)
      if (problem !== null && !said.has(problem)) {
        said.add(problem)
        say(problem)
      }
  }

  return {
    loads: 0,
    reading: null,
    problem: null,
    list: () => opened,
    load(rows) {
      this.loads++
      const next = open(rows)
      const now = JSON.stringify(next)
      if (now === before) return
      before = now
      opened = next
      onChange()
      sayProblems()
    },
  }
}

const MISSING =
  'the master key is not there (master.key of the data folder, WEIR_MASTER_KEY or WEIR_MASTER_KEY_FILE). Put it back, or remove the credential and add it again'

function keyOrProblem(dataDir: string, given: string | null): Buffer | string {
  try {
    return readMasterKey(dataDir, given) ?? MISSING
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function openRow(row: CredentialRow, master: Buffer | string): StoredCredential {
  const { provider, name, last4, weight, models, createdAt } = row
  const opened = { provider, name, last4, weight, models, createdAt, source: 'stored' as const }
  try {
    if (typeof master === 'string') throw new Error(master)
    return { ...opened, key: openSealed(master, row, row.sealed), problem: null }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...opened, key: null, problem: `The credential "${name}" for ${provider} cannot be used: ${why}.` }
  }
}
