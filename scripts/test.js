/**
 * `npm test`: runs vitest and ends with a line that states the counts, `N passed, N failed`. What was skipped is listed with its
 * reason; with WEIR_TEST_ALL=1 (CI) nothing may be skipped, so there it counts as failed. `--prove` runs the long proofs instead.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const all = process.env.WEIR_TEST_ALL === '1'
const prove = process.argv.includes('--prove')
const named = process.argv.slice(2).filter((argument) => argument !== '--prove')

const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
const file = join(folder, 'counts.json')
const projects = prove ? ['--project', 'prove'] : ['--project', 'quick', '--project', 'heavy']
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const run = spawnSync(process.execPath, [vitest, 'run', ...projects, ...named], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, WEIR_TEST_COUNTS: file },
})

/** @returns {{passed: number, failed: number, skipped: {name: string, reason: string}[]}} */
const readCounts = () => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // vitest died before it could report: nothing is known to have passed.
    return { passed: 0, failed: 1, skipped: [] }
  }
}

const { passed, failed, skipped } = readCounts()
rmSync(folder, { recursive: true, force: true })
if (skipped.length > 0)
  console.log(`\n${skipped.length} skipped${all ? ', which counts as failed here (WEIR_TEST_ALL=1)' : ''}:`)
for (const { name, reason } of skipped) console.log(`  ${name}: ${reason}`)

const wrong = failed + (all ? skipped.length : 0)
// vitest may fail with every test green (a worker that crashed, no test found): the line must not say otherwise.
const total = wrong === 0 && run.status !== 0 ? 1 : wrong
console.log(`\n${passed} passed, ${total} failed`)
process.exitCode = total === 0 ? 0 : 1
