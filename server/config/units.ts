/**
 * The scalars of weir.yaml that are more than a string: sizes, durations, numbers, switches. Each accepts what YAML gives
 * and what an environment variable gives (always text), so the same schema serves both. Sizes resolve to bytes, durations to
 * milliseconds. A duration without a unit is refused: `30` could be seconds or days, and a guess would delete data.
 */
import { z } from 'zod'

const BYTES: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}
const MILLISECONDS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b|b|)$/i
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/

/** `8MiB` → 8388608; null when it is not a size. A bare number is bytes. */
export const toBytes = (text: string): number | null => {
  const match = SIZE.exec(text.trim())
  return match ? Math.round(Number(match[1]) * (BYTES[match[2]!.toLowerCase()] ?? 1)) : null
}

/** `1h30m` → 5400000; null when it is not a duration. `0` needs no unit. */
export const toMilliseconds = (text: string): number | null => {
  const compact = text.replaceAll(/\s/g, '')
  if (compact === '0') return 0
  if (!DURATION.test(compact)) return null
  const pieces = compact.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)
  return Math.round(pieces.reduce((sum, [, amount, unit]) => sum + Number(amount) * MILLISECONDS[unit!]!, 0))
}

const isOff = (value: unknown) => value === null || value === false || value === 'off' || value === 'none'
const scalar = z.union([z.number(), z.string()])
const scalarOrOff = z.union([z.number(), z.string(), z.literal(false), z.null()])

const reading =
  <T>(says: string, read: (value: string) => T | null) =>
  (value: unknown, context: z.RefinementCtx): T => {
    const result = typeof value === 'string' || typeof value === 'number' ? read(String(value)) : null
    if (result !== null) return result
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is not ${says}`, input: value })
    return z.NEVER
  }

const SIZE_SAYS = 'a size: write a number with a unit, such as 8MiB or 20GiB'
const DURATION_SAYS = 'a duration: write a number with a unit, such as 500ms, 30s, 15m, 1h or 30d'

/** Bytes. */
export const size = () => scalar.transform(reading(SIZE_SAYS, toBytes)).meta({ examples: ['8MiB'] })

/** Bytes, or null for `off`: no limit. */
export const sizeOrOff = () =>
  scalarOrOff
    .transform((value, context) => (isOff(value) ? null : reading(`${SIZE_SAYS}, or off`, toBytes)(value, context)))
    .meta({ examples: ['20GiB', 'off'] })

/** Milliseconds. */
export const duration = () =>
  scalar.transform(reading(DURATION_SAYS, toMilliseconds)).meta({ examples: ['10s', '15m'] })

/** Milliseconds, or null for `off`: never. */
export const durationOrOff = () =>
  scalarOrOff
    .transform((value, context) =>
      isOff(value) ? null : reading(`${DURATION_SAYS}, or off`, toMilliseconds)(value, context),
    )
    .meta({ examples: ['30d', 'off'] })

/** A whole number within bounds. */
export const whole = (least: number, most: number) =>
  scalar.transform(
    reading(`a whole number from ${least} to ${most}`, (text) => {
      const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
      return value >= least && value <= most ? value : null
    }),
  )

/** A number that is not negative, such as a price. */
export const amount = () =>
  scalar.transform(
    reading('a number of 0 or more', (text) => {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      return Number.isFinite(value) && value >= 0 ? value : null
    }),
  )

const FLAGS: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
}

export const flag = () =>
  z.union([z.boolean(), z.string(), z.number()]).transform((value, context) => {
    const known = FLAGS[String(value).toLowerCase()]
    if (known !== undefined) return known
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is not true or false`, input: value })
    return z.NEVER
  })

/** One of a few words. Tools that still speak YAML 1.1 turn `off` into false and `on` into true: both are understood. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z
    .union([z.enum(words), z.boolean()], {
      error: ({ input }) => `${JSON.stringify(input)} is not one of ${words.join(', ')}`,
    })
    .transform((value, context): Words[number] => {
      const word = typeof value === 'boolean' ? (value ? 'on' : 'off') : value
      if (words.includes(word)) return word
      context.addIssue({ code: 'custom', message: `${value} is not one of ${words.join(', ')}`, input: value })
      return z.NEVER
    })
