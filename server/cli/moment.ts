/** A moment as people write it on a command line. */
import { toMilliseconds } from '../config/units.ts'
import { UsageError } from './arguments.ts'

/** `2026-01-31` (UTC), a full ISO time, epoch milliseconds, or an age such as `7d` → epoch milliseconds. Throws UsageError. */
export const toMoment = (option: string, text: string | undefined, now: number): number | null => {
  if (text === undefined) return null
  if (/^\d{10,}$/.test(text)) return Number(text)
  const age = toMilliseconds(text)
  if (age !== null) return now - age
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new UsageError(
    `--${option} "${text}" is no time: write 2026-01-31, 2026-01-31T12:00:00Z, epoch milliseconds, or an age such as 7d`,
  )
}
