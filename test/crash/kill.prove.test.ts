// The same as kill.heavy.test.ts, as often as reliability.md promises it: 100 kills (WEIR_KILLS sets another number).
import { expect, test } from 'vitest'
import { killAndReckon } from './rounds.ts'

const KILLS = Number(process.env['WEIR_KILLS'] ?? 100)
const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000)

test(`${KILLS} kills under load (WEIR_SEED=${SEED})`, { timeout: 300_000 + KILLS * 15_000 }, async () => {
  const { complete, interrupted, rows } = await killAndReckon({ kills: KILLS, seed: SEED })
  console.log(`${KILLS} kills: ${rows} rows, ${complete} complete for their clients, ${interrupted} interrupted`)
  expect(complete).toBeGreaterThan(KILLS * 5)
  expect(interrupted).toBeGreaterThan(KILLS)
})
