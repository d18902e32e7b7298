/**
 * Counts what ran, for the last line of `npm test`: tests that passed, that failed (a file that could not be loaded and an error
 * outside of any test count as one each), and those that were skipped with their reasons. Writes JSON to WEIR_TEST_COUNTS.
 */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

export interface Counts {
  passed: number
  failed: number
  skipped: { name: string; reason: string }[]
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const file = process.env['WEIR_TEST_COUNTS']
    if (!file) return
    const counts: Counts = { passed: 0, failed: errors.length, skipped: [] }
    for (const module of modules) countModule(module, counts)
    writeFileSync(file, JSON.stringify(counts))
  }
}

const countModule = (module: TestModule, counts: Counts) => {
  let failures = 0
  for (const test of module.children.allTests()) {
    const result = test.result()
    if (result.state === 'passed') counts.passed++
    else if (result.state === 'failed') failures++
    else {
      const reason = (result.state === 'skipped' && result.note) || 'no reason given'
      counts.skipped.push({ name: `${relative(process.cwd(), module.moduleId)} › ${test.fullName}`, reason })
    }
  }
  // A file that does not load, or a hook that throws, fails without any failed test.
  counts.failed += module.state() === 'failed' ? Math.max(1, failures) : failures
}
