/** What main thread and control thread say to each other. */
import type { ProblemCode } from '../api/problem.ts'

/** Given to the worker at start. */
export interface ControlOptions {
  dataDir: string
  /** `sqlite` or a postgres:// address. */
  database: string
  /** Keys that the configuration gives, in hex; null: they are files of the data folder. */
  keyHashesKey: string | null
  masterKey: string | null
}

export type ToControl =
  | { type: 'do'; id: number; name: string; args: unknown }
  /** Close the database and end. */
  | { type: 'close' }

export type FromControl =
  { type: 'done'; id: number; value: unknown } | { type: 'failed'; id: number; code: ControlCode; message: string }

/** Why something was not done. */
export type ControlCode = Extract<ProblemCode, 'name_taken' | 'not_found' | 'key_revoked' | 'write_failed'>

export class ControlError extends Error {
  readonly code: ControlCode

  constructor(code: ControlCode, message: string) {
    super(message)
    this.name = 'ControlError'
    this.code = code
  }
}
