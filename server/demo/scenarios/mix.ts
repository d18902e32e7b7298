/** Which scenario comes how often. The weights are scenarios, not calls: an agent makes ten of them, a triage one. */
import type { Random } from '../random.ts'
import type { Scenario } from '../turn.ts'
import { checkout } from './checkout.ts'
import { claudeCode } from './claude-code.ts'
import { codex, review } from './codex.ts'
import { chat, draft, summary, triage } from './desk.ts'
import { itinerary, notes, script } from './leisure.ts'
import { docSearch, reindex } from './search.ts'

export type Begin = (random: Random) => Scenario

const MIX: readonly [Begin, weight: number][] = [
  [triage, 30],
  [docSearch, 24],
  [draft, 14],
  [checkout, 12],
  [summary, 10],
  [chat, 6],
  [itinerary, 5],
  [claudeCode, 4],
  [script, 3],
  [notes, 3],
  [codex, 2],
  [review, 2],
  [reindex, 1],
]
const TOTAL = MIX.reduce((sum, [, weight]) => sum + weight, 0)

export const everyScenario: readonly Begin[] = MIX.map(([begin]) => begin)

export function anyScenario(random: Random): Scenario {
  let left = random.next() * TOTAL
  const [begin] = MIX.find(([, weight]) => (left -= weight) < 0) ?? MIX[0]!
  return begin(random)
}
