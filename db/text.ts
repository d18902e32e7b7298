/**
 * Text as every database takes it. What clients and providers send may hold NUL (Postgres refuses it, SQLite's functions end
 * there), lone surrogates (neither can be written as UTF-8), or a megabyte where a name belongs (a Postgres index entry ends at
 * 2.7 kB). The bytes themselves are kept in the payloads; a column holds what can be shown and searched.
 */

/** Longest name in a dimension: model, user, session … */
export const NAME_MAX = 256
export const LINE_MAX = 4096

/** The text with U+FFFD for what cannot be stored, cut to `max` UTF-16 units without splitting a character. */
export const toText = (text: string, max: number): string => {
  const cut = text.length > max ? text.slice(0, max) : text
  // Nearly all texts: one look instead of three, thirty times a call.
  if (isPlain(cut)) return cut
  const formed = cut.isWellFormed() ? cut : cut.length < text.length ? dropHalf(cut).toWellFormed() : cut.toWellFormed()
  return formed.replaceAll(NUL, '\uFFFD').replaceAll(OURS, '\uFFFD')
}

/** Neither half of a pair nor one of the two below. A loop beats a regular expression on names. */
const isPlain = (text: string): boolean => {
  if (text.length > 64) return !ODD.test(text)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 2 || (unit >= 0xd800 && unit < 0xe000)) return false
  }
  return true
}
// oxlint-disable-next-line no-control-regex
const ODD = /[\0\u0001\ud800-\udfff]/
/** Refused by Postgres. */
const NUL = '\0'
/** Marks values of our own among values of clients: rollup/rollups.ts. */
const OURS = '\u0001'

/** An empty name is no name. */
export const toTextOrNull = (text: string | null | undefined, max: number = NAME_MAX): string | null =>
  text === null || text === undefined || text === '' ? null : toText(text, max)

/** A whole number that both databases keep exactly; what is none becomes null. */
export const toInt = (value: number | null | undefined): number | null => {
  if (value === null || value === undefined) return null
  const whole = Math.round(value)
  return Number.isSafeInteger(whole) ? whole : null
}

export const toReal = (value: number | null | undefined): number | null =>
  value === null || value === undefined || !Number.isFinite(value) ? null : value

const dropHalf = (cut: string): string => (/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut)
