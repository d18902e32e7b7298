/**
 * A Python with the official packages, for tests: a virtual environment in the user's cache folder, made once for each set of
 * versions. Where there is no Python, or nothing can be installed, the reason is told and the tests are skipped; with
 * WEIR_TEST_ALL=1 that is a failure.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Ran, run } from './command.ts'

export type Python = { run(script: string, env: Record<string, string>): Promise<Ran> } | { missing: string }

/** @param packages pinned, such as `openai==3.54.0`. */
export async function findPython(packages: string[]): Promise<Python> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'weir-tests')
  const folder = join(cache, `python-${packages.join('-').replaceAll('==', '-')}`)
  const python = join(folder, 'bin', 'python')
  const missing = existsSync(python) ? null : await install(cache, folder, packages)
  if (missing === null) return { run: (script, env) => run(python, ['-c', script], { PYTHONUTF8: '1', ...env }) }
  if (process.env.WEIR_TEST_ALL === '1') throw new Error(`${missing}, and WEIR_TEST_ALL=1 asks for it`)
  console.warn(`skipped: ${missing}`)
  return { missing }
}

/** Into a folder of its own, moved into place when it is whole. Null, or why it could not be done. */
async function install(cache: string, folder: string, packages: string[]): Promise<string | null> {
  mkdirSync(cache, { recursive: true })
  const draft = `${folder}.${process.pid}`
  try {
    const made = await run('python3', ['-m', 'venv', draft]).catch((error: Error) => ({
      code: 1,
      errors: error.message,
      text: '',
    }))
    if (made.code !== 0)
      return `there is no python3 that can make a virtual environment (${lastLine(made.errors || made.text)})`
    const got = await run(
      join(draft, 'bin', 'python'),
      ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...packages],
      registry(),
    )
    if (got.code !== 0) return `pip could not install ${packages.join(' and ')} (${lastLine(got.errors)})`
    renameSync(draft, folder)
    return null
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Where packages come from is the machine's business: pip's own settings and proxies, which no test gets. */
const registry = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] =>
      /^(?:PIP_|SSL_|https?_proxy$|no_proxy$)/i.test(entry[0]),
    ),
  )

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? ''
