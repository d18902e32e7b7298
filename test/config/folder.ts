/** A folder of its own for one test file, with a weir.yaml to write and a loader that hears only what the test says. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loadConfig } from '../../server/config/load.ts'
import { ConfigError } from '../../server/config/mistakes.ts'

export const createFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'weir-config-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  const write = (name: string, text: string) => {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  return { path, write }
}

interface Given {
  yaml?: string
  env?: Record<string, string>
  argv?: Record<string, string>
  files?: Record<string, string>
}

export const load = ({ yaml, env = {}, argv = {}, files = {} }: Given) => {
  const folder = createFolder()
  for (const [name, text] of Object.entries(files)) folder.write(name, text)
  if (yaml !== undefined) folder.write('weir.yaml', yaml)
  return { ...loadConfig({ file: yaml === undefined ? null : 'weir.yaml', env, argv, cwd: folder.path }), folder }
}

/** The lines of the one message, `where  says`. */
export const mistakesOf = (given: Given): string[] => {
  try {
    load(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map(({ where, says }) => `${where}  ${says}`)
    throw error
  }
  throw new Error('the configuration was taken, but the test expects mistakes')
}
