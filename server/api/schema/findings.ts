/** What /api/findings and /api/loops answer. */
import { z } from '@hono/zod-openapi'
import type { FindingList } from '../../../db/queries/findings.ts'
import type { Finding } from '../../loops/finding.ts'
import { ACTIONS } from '../../loops/settings.ts'
import { wholeOr } from './params.ts'

const STATES = ['open', 'muted', 'resolved', 'false_positive'] as const
const VERDICTS = ['watch', 'looping', 'runaway'] as const
const ruleName = z.enum(['repeat', 'cycle', 'echo', 'error', 'ramp', 'velocity', 'stall', 'cap'])

export const finding = z
  .object({
    id: z.string(),
    verdict: z.enum(VERDICTS).describe('watch: something is odd, nothing is done about it.'),
    rules: z.array(ruleName),
    sessionId: z.string(),
    lane: z.string().nullable(),
    callIds: z.array(z.string()).describe('Oldest first; of a long run the first 20 and the latest 80.'),
    evidence: z.array(
      z.object({
        rule: ruleName,
        text: z.string().describe('In words, without content.'),
        callIds: z.array(z.string()),
        repeated: z.string().nullable().describe('What was repeated; null: nothing to show, or content is not kept.'),
      }),
    ),
    spentNano: z.number().int().nullable().describe('Since the first repeat; null: none of these calls has a price.'),
    state: z.enum(STATES),
    action: z.enum(ACTIONS).describe('What is done about it; each does what those before it do.'),
    firstAt: z.number().int(),
    lastAt: z.number().int(),
  })
  .openapi('Finding') satisfies z.ZodType<Finding>

export const findingList = z
  .object({ items: z.array(finding).describe('The latest first.'), next: z.string().nullable() })
  .openapi('FindingList') satisfies z.ZodType<FindingList>

const someOf = <const T extends readonly [string, ...string[]]>(words: T, description: string) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(words)).min(1))
    .optional()
    .openapi({ type: 'string', description: `${description}, several with commas: ${words.join(', ')}.` })

export const findingsQuery = z.strictObject({
  state: someOf(STATES, 'Only in these states'),
  verdict: someOf(VERDICTS, 'Only with these verdicts'),
  sessionId: z.string().min(1).max(512).optional(),
  limit: wholeOr(50, 1, 200, 'How many at most.'),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.\w{1,64}$/, 'the `next` of a page before')
    .optional(),
})

export const findingParam = z.object({ id: z.string().regex(/^f_\w{1,64}$/, 'the id of a finding, f_…') })

const own = z.object({
  action: z
    .enum(['off', ...ACTIONS])
    .nullable()
    .describe('null: as for all.'),
  rules: z.record(z.string(), z.record(z.string(), z.number()).nullable()).nullable(),
  caps: z.record(z.string(), z.number().nullable()).nullable(),
})

export const loopRules = z
  .object({
    action: z.enum(['off', ...ACTIONS]),
    rules: z
      .array(
        z.object({
          name: ruleName,
          says: z.string().describe('When it fires, in words.'),
          thresholds: z.record(z.string(), z.number()).nullable().describe('null: switched off.'),
        }),
      )
      .describe('The thresholds in force for all calls.'),
    caps: z.record(z.string(), z.number().nullable()),
    polling: z.array(z.string()),
    throttleMs: z.number().int(),
    releaseMs: z.number().int(),
    keys: z.record(z.string(), own),
    routes: z.record(z.string(), own),
  })
  .openapi('LoopRules')
