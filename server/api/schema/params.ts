/** Query parameters that several addresses share. All are strings on the wire; what comes out is typed and bounded. */
import { z } from '@hono/zod-openapi'
import { MAX_FILTER_LENGTH, parseFilter } from '../../../db/filter.ts'

/** The last millisecond of the year 9999: "no upper bound" for databases that want a number. */
const END_OF_TIME = 253_402_300_799_999
const DAY = 86_400_000
const ID_CHARS = 512

/** A whole number in decimal digits; `z.coerce` would take '' for 0. */
export const whole = (min: number, max: number, description: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `between ${min} and ${max}`)
    .openapi({ type: 'integer', minimum: min, maximum: max, description })

/** The same with a default, which the document then shows. */
export const wholeOr = (fallback: number, min: number, max: number, description: string) =>
  whole(min, max, description).default(fallback).openapi({ default: fallback })

const epochMs = (description: string) => whole(0, END_OF_TIME, description)

export const flag = (description: string) =>
  z
    .enum(['0', '1', 'true', 'false'])
    .transform((value) => value === '1' || value === 'true')
    .openapi({ type: 'string', description })

/** The filter grammar of the dashboard's bar. Every mistake in it is reported, none is passed over. */
export const filter = z
  .string()
  .max(MAX_FILTER_LENGTH)
  .superRefine((q, context) => {
    for (const message of parseFilter(q).problems) context.addIssue({ code: 'custom', message })
  })
  .default('')
  .openapi({
    description: 'Filter, such as `model:gpt-5.1 status:>=500 cost:>0.1 tag.feature:search has:tools "refund policy"`.',
    example: 'outcome:error,timeout duration:>5s',
  })

/** Everything that is stored, unless a range is given. */
export const anyTime = {
  from: epochMs('Calls that started at or after this; epoch milliseconds.').default(0),
  to: epochMs('Calls that started before this; epoch milliseconds.').default(END_OF_TIME),
}

/** A range that ends now and spans a day, unless given otherwise: for questions that compare or draw. */
export const recent = {
  from: epochMs('Start of the range in epoch milliseconds; default: a day before `to`.').optional(),
  to: epochMs('End of the range in epoch milliseconds; default: now.').optional(),
}

export const toRange = (range: { from?: number | undefined; to?: number | undefined }, now = Date.now()) => {
  const to = range.to ?? now
  return { from: range.from ?? Math.max(0, to - DAY), to }
}

/** Refuses an empty or reversed range, naming the place. */
export const ordered = (range: { from?: number | undefined; to?: number | undefined }): boolean =>
  range.from === undefined || range.to === undefined || range.from < range.to
export const orderedMessage = { message: '`from` must be before `to`', path: ['from'] }

/** Ids of others (resp_…, msg_…, trace, session): any text of a bounded length, compared whole and never interpreted. */
export const foreignId = z.string().min(1).max(ID_CHARS)

export const callId = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'not a call id; /api/find?id= knows every other kind of id')
  .transform((id) => id.toLowerCase())
  .openapi({ type: 'string', format: 'uuid', description: 'Call id (UUIDv7), as in `x-weir-call-id`.' })

/** What a figure may be split by. */
export const dimension = z
  .union([
    z.enum(['model', 'provider', 'key', 'user', 'team', 'app', 'outcome']),
    z.templateLiteral(['tag.', z.string().min(1).max(200)]),
  ])
  .openapi({
    type: 'string',
    description: 'model, provider, key, user, team, app, outcome, or tag.NAME',
    example: 'model',
  })

export const zone = z
  .string()
  .max(64)
  .refine(isZone, 'an IANA time zone such as Europe/Berlin')
  .openapi({ description: 'Time zone that days begin in; default UTC.', example: 'Asia/Kathmandu' })

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
