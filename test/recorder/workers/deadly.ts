/** A recorder whose reader does to the thread what the answer tells it to. `die`, `hang`, `eat` all memory, or `throw`. */
import type { AnswerReader } from '../../../server/dialects/dialect.ts'
import { dialectByName } from '../../../server/dialects/registry.ts'
import { runRecorderThread } from '../../../server/recorder/thread.ts'

const DEEDS: Record<string, () => void> = {
  die: () => process.exit(7),
  hang: () => {
    for (;;);
  },
  eat: () => {
    const eaten: number[][] = []
    for (;;) eaten.push(Array.from({ length: 100_000 }, () => eaten.length + 0.5))
  },
  throw: () => {
    throw new Error('the reader fell over')
  },
}

await runRecorderThread({
  dialect: (name) => {
    const dialect = dialectByName(name)
    return {
      ...dialect,
      createReader: (context): AnswerReader => {
        const reader = dialect.createReader(context)
        return {
          push: (bytes) => {
            DEEDS[/"deadly":"(\w+)"/.exec(Buffer.from(bytes).toString())?.[1] ?? '']?.()
            reader.push(bytes)
          },
          end: reader.end,
          get contentSeen() {
            return reader.contentSeen
          },
          get problem() {
            return reader.problem
          },
        }
      },
    }
  },
})
