/** What detection makes of a run: the turn at which it was first called looping, and why. */
import { createDetector } from '../../server/loops/detector.ts'
import { SETTINGS, toTurns, type Move } from './runs.ts'

export interface Judged {
  at: number | null
  rules: string[]
  texts: string[]
}

export async function judgeRun(moves: readonly Move[]): Promise<Judged> {
  const detector = createDetector({ settings: SETTINGS, loopKey: new Uint8Array(0), known: async () => null })
  for (const [at, turn] of toTurns(moves).entries()) {
    const { findings } = await detector.look([turn])
    const found = findings.find(({ verdict }) => verdict !== 'watch')
    if (found) return { at, rules: found.rules, texts: found.evidence.map(({ text }) => text) }
  }
  return { at: null, rules: [], texts: [] }
}
