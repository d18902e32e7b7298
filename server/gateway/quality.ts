/**
 * The quality rules of a route, for one try of a call that is no stream: whether its answer is held and judged, and the question that
 * goes to the judge's thread. Nothing is parsed here; of the request only the member is found that says how the answer must look.
 */
import { type Question, unjudged, type Verdict } from '../policy/quality/rules.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import { scanTopLevel } from './scan.ts'

/** A larger answer passes unjudged: so much is held of each call at most, and copied to the thread. */
export const JUDGED_BYTES = 1024 * 1024
const LONGEST_FORMAT = 256 * 1024
/** Operations whose answer a model wrote. */
const WRITTEN = new Set(['chat', 'completions', 'responses'])

export interface Quality {
  /** null: it will be judged once it is whole · text: it cannot be, and why. */
  whyNot(rawHeaders: readonly string[]): string | null
  judge(body: Buffer): Promise<Verdict>
}

/** null: there is nothing to judge in this call's answers. */
export function createQuality(call: LiveCall, { judging }: Gateway): Quality | null {
  const rules = call.route!.route.quality
  if (rules === null || call.stream === true || !call.dialect?.quality || !WRITTEN.has(call.operation?.name ?? ''))
    return null
  const question = {
    dialect: call.dialect.name,
    operation: call.operation!.name,
    contentType: 'application/json',
    rules,
  }
  const { formats } = call.dialect.quality
  const request = rules.includes('json') && call.body.kind === 'whole' ? call.body.bytes : null
  return {
    whyNot(raw) {
      if (!(headerOf(raw, 'content-type') ?? '').toLowerCase().includes('json')) return 'it is not JSON'
      const encoding = headerOf(raw, 'content-encoding') ?? 'identity'
      if (encoding !== 'identity') return `it is compressed (${encoding})`
      return Number(headerOf(raw, 'content-length') ?? 0) > JUDGED_BYTES ? TOO_LARGE : null
    },
    async judge(body) {
      const format = request && formatIn(request, Object.keys(formats))
      if (format && format.json.length > LONGEST_FORMAT) return unjudged(`its ${format.member} is too large`)
      return judging.judge({ ...question, format, body })
    },
  }
}

export const TOO_LARGE = `it is larger than ${JUDGED_BYTES / 1024} KiB`

function formatIn(request: Buffer, members: readonly string[]): Question['format'] {
  const found = scanTopLevel(request, new Set(members))?.values
  for (const [member, place] of found ?? [])
    if (place.type === 'object') return { member, json: request.toString('utf8', place.start, place.end) }
  return null
}
