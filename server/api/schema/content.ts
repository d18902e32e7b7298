/** What a call said, read from its stored bytes: headers, conversation, arrival times. */
import { z } from '@hono/zod-openapi'
import type { Answer, Part, RequestFacts } from '../../dialects/dialect.ts'

const pairs = z.array(z.tuple([z.string(), z.string()])).describe('[name, value], order and duplicates kept.')
export const headers = z.object({ request: pairs, response: pairs }).openapi('Headers')

export const timeline = z
  .object({
    pieces: z.array(z.object({ atMs: z.number(), bytes: z.number().int() })).describe('Arrivals since the call began.'),
    firstTokenMs: z.number().nullable(),
  })
  .openapi('Timeline')

/** Parts nest (a tool's result has parts of its own): named, so that the document refers instead of unrolling. */
const part: z.ZodType<Part> = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string(), citations: z.array(z.unknown()).optional() }),
    z.object({ type: z.literal('reasoning'), text: z.string(), redacted: z.boolean().optional() }),
    z.object({ type: z.literal('refusal'), text: z.string() }),
    z.object({
      type: z.literal('tool_call'),
      id: z.string().nullable(),
      name: z.string(),
      arguments: z.string(),
      server: z.boolean().optional(),
    }),
    z.object({
      type: z.literal('tool_result'),
      id: z.string().nullable(),
      name: z.string().nullable(),
      parts: z.array(z.lazy(() => part)),
      isError: z.boolean().optional(),
    }),
    z.object({
      type: z.literal('media'),
      kind: z.enum(['image', 'audio', 'video', 'file']),
      mediaType: z.string().nullable(),
      data: z.string().optional().describe('Base64, as it stood in the body.'),
      url: z.string().optional(),
      fileId: z.string().optional(),
      name: z.string().optional(),
    }),
    z.object({ type: z.literal('raw'), kind: z.string(), value: z.unknown() }),
  ])
  .openapi('Part')

const message = z
  .object({ role: z.string(), parts: z.array(part), name: z.string().optional(), id: z.string().optional() })
  .openapi('Message')

const requestFacts = z
  .object({
    model: z.string().nullable(),
    stream: z.boolean().nullable(),
    messages: z.array(message),
    tools: z.array(z.object({ name: z.string(), description: z.string().nullable(), schema: z.unknown() })),
    maxTokens: z.number().nullable(),
    settings: z.record(z.string(), z.unknown()),
    user: z.string().nullable(),
    session: z.object({ id: z.string(), source: z.string() }).nullable(),
    previousId: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
  })
  .openapi('RequestFacts') satisfies z.ZodType<RequestFacts>

const answer = z
  .object({
    model: z.string().nullable(),
    id: z.string().nullable(),
    finishReason: z.string().nullable(),
    messages: z.array(message),
    usage: z.record(z.string(), z.number()).nullable(),
    usageRaw: z.unknown(),
    usageSource: z.enum(['provider', 'partial', 'none']),
    reportedCostNano: z.number().nullable(),
    serviceTier: z.string().nullable(),
    error: z.object({ code: z.string().nullable(), message: z.string() }).nullable(),
    complete: z.boolean(),
    events: z.number().int().nullable(),
  })
  .openapi('Answer') satisfies z.ZodType<Answer>

export const conversation = z
  .object({
    request: requestFacts.nullable(),
    answer: answer.nullable(),
    problem: z.string().nullable().describe('What could not be read, and why; the raw bytes are kept.'),
    expired: z.boolean().describe('The content was removed by the retention setting.'),
  })
  .openapi('Conversation')
