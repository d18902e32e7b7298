/** Step `thread`: finds the session of each call. */
import type { SessionWrites } from '../../db/store.ts'
import type { Turn } from './turn.ts'

export interface Threader {
  /** Sets session, lane, parent and turn of the calls of one batch, in this order. Not to be called again before it is done. */
  place(turns: readonly Turn[]): Promise<SessionWrites>
}

export const createThreader = (): Threader => ({
  place: async () => ({ moves: [] }),
})
