/** `cache:` of weir.yaml: which answers are given again without asking the provider, for how long, and how much may be kept. */
import { z } from 'zod'
import { basesOf, builtinRow } from '../providers/bases.ts'
import { amount, duration, oneOf, size, whole } from './units.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30

export const cache = z.strictObject({
  mode: oneOf('off', 'opt-in', 'on')
    .prefault('off')
    .describe('opt-in: only calls that ask for it (x-weir-cache); on: every call that can be, unless it says off.'),
  ttl: duration().prefault('1h').describe('How long an answer may be given again.'),
  maxBytes: size()
    .prefault(256 * MiB)
    .describe('Answers held in memory; the least recently used go first.'),
  diskBytes: size()
    .prefault(1 * GiB)
    .describe('Answers held in the data folder, which survive a restart; 0: memory only.'),
  redisBytes: size()
    .prefault(1 * GiB)
    .describe('Where several Weirs share a Redis: answers held there, in place of memory and data folder.'),
  maxEntryBytes: size()
    .prefault(16 * MiB)
    .describe('A longer answer is not kept.'),
  namespace: z
    .string()
    .regex(/^[\w.:-]{0,64}$/, { error: 'up to 64 letters, digits, . _ : -' })
    .prefault('')
    .describe('Changing it makes all that was kept before unreachable.'),
  replay: oneOf('fast', 'paced').prefault('fast').describe('Streams come at once, or with the pauses that they had.'),
  semantic: z
    .strictObject({
      target: z
        .string()
        .regex(/^[^/]+\/.+$/, { error: 'write provider/model, such as openai/text-embedding-3-small' })
        .describe('Who makes the embeddings: provider/model, at a provider that speaks OpenAI.'),
      threshold: amount()
        .refine((value) => value >= 0.5 && value <= 1, { error: 'write a number from 0.5 to 1' })
        .prefault(0.95)
        .describe('How alike two questions must be (cosine of their embeddings).'),
      maxEntries: whole(1, 100_000).prefault(10_000).describe('Embeddings held in memory.'),
      dimensions: whole(8, 8192).optional().describe('Asked for where the model can shorten its embeddings.'),
      timeout: duration().prefault('1s').describe('How long a call waits for an embedding before it goes on without.'),
    })
    .optional()
    .describe('Also gives answers to questions that are only alike. Off unless it is there.'),
})

export type CacheConfig = z.output<typeof cache>
export type SemanticConfig = NonNullable<CacheConfig['semantic']>

/** What only the whole configuration can tell: null, or what is wrong with the target. */
export function semanticProblem({
  providers,
  cache: { semantic },
}: {
  providers: Record<string, { baseUrl?: string | undefined; dialect?: 'openai' | 'anthropic' | 'gemini' | undefined }>
  cache: CacheConfig
}): string | null {
  if (!semantic) return null
  const name = semantic.target.slice(0, semantic.target.indexOf('/'))
  const row = builtinRow(name)
  if (!row && !providers[name]) return `"${semantic.target}" goes to a provider "${name}", which is not known`
  if (!providers[name]?.baseUrl && !row?.baseUrl)
    return `every ${name} account has an address of its own: add providers.${name}.baseUrl`
  return basesOf(row, providers[name]?.dialect ?? null).openai === null
    ? `${name} does not speak OpenAI, in whose language embeddings are asked for`
    : null
}
