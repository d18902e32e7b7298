/** `cache:` of weir.yaml: which answers are given again without asking the provider, for how long, and how much may be kept. */
import { z } from 'zod'
import { duration, oneOf, size } from './units.ts'

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
  maxEntryBytes: size()
    .prefault(16 * MiB)
    .describe('A longer answer is not kept.'),
  namespace: z
    .string()
    .regex(/^[\w.:-]{0,64}$/, { error: 'up to 64 letters, digits, . _ : -' })
    .prefault('')
    .describe('Changing it makes all that was kept before unreachable.'),
  replay: oneOf('fast', 'paced').prefault('fast').describe('Streams come at once, or with the pauses that they had.'),
})

export type CacheConfig = z.output<typeof cache>
