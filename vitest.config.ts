/**
 * Two groups, one after the other. `quick` runs two files at a time; `heavy` (browser, package, faults, anything that measures
 * time or loads the machine) runs alone, so that it neither waits for nor disturbs another. `npm run prove` adds `prove`:
 * the long proofs of reliability.md.
 */
import { defineConfig } from 'vitest/config'

const HEAVY = ['test/package/**/*.test.ts', 'test/browser/**/*.test.ts', 'test/**/*.heavy.test.ts']
const PROOFS = ['test/**/*.prove.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    environment: 'node',
    // Generous: what hangs is found, and what a loaded machine slows down is not punished.
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          exclude: [...HEAVY, ...PROOFS],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'heavy',
          include: HEAVY,
          exclude: PROOFS,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'prove',
          include: PROOFS,
          maxWorkers: 1,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
