/**
 * From weir.yaml, environment and command line to one checked Config: the command line wins over the environment, that over
 * the file, that over the defaults. All mistakes are collected and thrown as one ConfigError.
 */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Config, configSchema } from './config.ts'
import { type Group, isGroup, readConfigText } from './document.ts'
import { readEnvironment, type Setting } from './environment.ts'
import { readSecretFiles } from './expand.ts'
import { ConfigError, toMistakes } from './mistakes.ts'
import { listOptions } from './options.ts'

export interface ConfigInput {
  /** Path given by `--config` or `WEIR_CONFIG`; null: `weir.yaml` in the current folder, if it is there. */
  file: string | null
  /** Read no file that is not named, even if it is there: for the demo. */
  onlyNamedFile?: boolean
  env: Readonly<Record<string, string | undefined>>
  /** Options of the command line, by the name that they have in weir.yaml. */
  argv: Readonly<Record<string, string | undefined>>
  cwd: string
  /** Data folder when nobody names one; the demo has its own. */
  data?: string
}

export interface LoadedConfig {
  config: Config
  /** Absolute path of the file that was looked for. */
  file: string
  /** Whether it was there. */
  found: boolean
  /** Every file that was read or looked for: a change of any of them is a change of the configuration. */
  files: string[]
}

/** Throws ConfigError. */
export const loadConfig = (input: ConfigInput): LoadedConfig => {
  const file = resolve(input.cwd, input.file ?? 'weir.yaml')
  const folder = dirname(file)
  const files = [file]
  const text = input.file === null && input.onlyNamedFile ? null : readText(file, input.file !== null)
  const { root, place: placeInFile, mistakes, unset } = readConfigText(text ?? '', input.file ?? 'weir.yaml', input.env)
  const readFrom = (base: string) => (name: string) => {
    files.push(resolve(base, name))
    return readSecret(resolve(base, name))
  }

  readSecretFiles(root, readFrom(folder), (path, says) =>
    mistakes.push({ ...placeInFile(path), says: `${path.join('.')}: ${says}` }),
  )
  const named = Object.keys(isGroup(root['providers']) ? root['providers'] : {})
  const environment = readEnvironment(input.env, listOptions(named), readFrom(input.cwd))
  mistakes.push(...environment.mistakes)

  const settings = [...environment.settings, ...fromArgv(input.argv)]
  const isFromFile = root['data'] !== undefined && !settings.some(({ path }) => path[0] === 'data')
  root['data'] ??= input.data
  for (const setting of settings) put(root, setting)
  const place = (path: readonly PropertyKey[]) => placeOf(settings, path) ?? placeInFile(path)

  const result = configSchema.safeParse(root, { reportInput: true })
  if (!result.success) {
    const issues = result.error.issues.filter(({ path }) => !unset.includes(path.join('.')))
    throw new ConfigError([...mistakes, ...toMistakes(issues, place)])
  }
  readCertificates(result.data, readFrom(folder), (path, says) =>
    mistakes.push({ ...place(path), says: `${path.join('.')}: ${says}` }),
  )
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  const config = { ...result.data, data: resolve(isFromFile ? folder : input.cwd, result.data.data) }
  return { config, file, found: text !== null, files }
}

const readText = (file: string, required: boolean): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !required) return null
    const says = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`
    throw new ConfigError([{ where: file, line: null, says }])
  }
}

/** A secret's file, without the line break that editors and `echo` leave at its end. */
const readSecret = (path: string): string => {
  try {
    const bytes = readFileSync(path)
    // A key of Weir's own as it lies in a data folder (master.key), for another Weir to use.
    if (bytes.length === 32 && !isUtf8(bytes)) return bytes.toString('hex')
    const text = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (text === '') throw new Error(`${path} is empty`)
    return text
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code ? new Error(`${path} cannot be read (${code})`, { cause: error }) : error
  }
}

const fromArgv = (argv: ConfigInput['argv']): Setting[] =>
  Object.entries(argv).flatMap(([name, value]) =>
    value === undefined ? [] : [{ path: [name], value, from: `--${name}` }],
  )

const placeOf = (settings: readonly Setting[], path: readonly PropertyKey[]) => {
  const from = settings.findLast((setting) => setting.path.every((step, index) => step === path[index]))?.from
  return from === undefined ? null : { where: from, line: null }
}

const put = (root: Group, { path, value }: Setting): void => {
  let group = root
  for (const step of path.slice(0, -1)) {
    const inner = group[step]
    group = (group[step] = isGroup(inner) ? inner : {}) as Group
  }
  group[path.at(-1)!] = value
}

/** `tls` of a provider takes PEM text or a path; what comes out is always PEM. */
const readCertificates = (
  config: Pick<Config, 'providers'>,
  read: (file: string) => string,
  wrong: (path: string[], says: string) => void,
) => {
  for (const [name, { tls }] of Object.entries(config.providers))
    for (const part of ['ca', 'cert', 'key'] as const) {
      const value = tls?.[part]
      if (!tls || value === undefined || value.includes('-----BEGIN')) continue
      try {
        tls[part] = `${read(value)}\n`
      } catch (error) {
        wrong(['providers', name, 'tls', part], error instanceof Error ? error.message : String(error))
      }
    }
}
