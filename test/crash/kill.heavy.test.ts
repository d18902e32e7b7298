// Promise 2: a call that a client saw complete is in the log, whatever crashes afterwards. A real Weir under real load is killed with
// -9 at random moments and started again on its data folder; in the end every client's memory is held against the rows.
import { expect, test } from 'vitest'
import { killAndReckon } from './rounds.ts'

const KILLS = Number(process.env['WEIR_KILLS'] ?? 20)

test(
  `${KILLS} kills under load: every complete call is recorded with its bytes, every other one tells the truth`,
  { timeout: 120_000 + KILLS * 10_000 },
  async () => {
    const { complete, interrupted, rows } = await killAndReckon({ kills: KILLS, seed: 20 })
    console.log(`${KILLS} kills: ${rows} rows, ${complete} complete for their clients, ${interrupted} interrupted`)
    // Enough of both that the proof means something.
    expect(complete).toBeGreaterThan(KILLS * 5)
    expect(interrupted).toBeGreaterThan(KILLS)
  },
)
