/** `npm run check`: lint, format, types of the server and of the dashboard. All of them run, so that one round shows everything. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const tool = (...path: string[]) => join(root, 'node_modules', ...path)

const CHECKS: [name: string, args: string[]][] = [
  ['oxlint', [tool('oxlint', 'bin', 'oxlint'), '--deny-warnings']],
  ['prettier', [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['tsc', [tool('typescript', 'bin', 'tsc'), '-p', '.', '--noEmit']],
  [
    'svelte-check',
    [tool('svelte-check', 'bin', 'svelte-check'), '--workspace', 'web', '--fail-on-warnings', '--output', 'human'],
  ],
]

const failed = CHECKS.filter(([name, args]) => {
  console.log(`── ${name}`)
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0
}).map(([name]) => name)

console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
