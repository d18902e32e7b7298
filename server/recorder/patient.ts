/** Questions that must be answered before a batch can be stored: a database that does not answer is asked again, like the batch itself. */
import { explainFault, isRowFault } from './fault.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000

export interface Patience {
  onProblem(problem: string | null): void
  pause(ms: number): Promise<void>
  giveUp(): boolean
}

/** @throws the last fault when it is time to give up, and at once what would fail again. */
export const createPatient =
  ({ onProblem, pause, giveUp }: Patience) =>
  async <T>(ask: () => T | Promise<T>): Promise<T> => {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      try {
        return await ask()
      } catch (error) {
        if (isRowFault(error) || giveUp()) throw error
        onProblem(explainFault(error))
        await pause(wait)
      }
    }
  }
