/**
 * `weir credential …`: Weir's own credentials for providers, on the database itself. A Weir that runs on the same data folder takes
 * a change within two seconds. The secret comes from a prompt, a pipe or a file, never from the command line: other users of the
 * machine can read that, and shells keep it.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config/config.ts'
import { credentialFields, credentialName, credentialSecret } from '../config/credential.ts'
import { addCredential, removeCredential, storedCredentials } from '../control/credentials.ts'
import { type Credential, type CredentialInput, lastOf } from '../credentials/credential.ts'
import { createCredentials } from '../credentials/credentials.ts'
import { configuredCredentials } from '../providers/credentials.ts'
import { createProviders } from '../providers/registry.ts'
import { type Command, UsageError } from './arguments.ts'
import { type MigrationsDir, withDatabase } from './database.ts'
import { printTable } from './table.ts'
import type { AskingTerminal, Terminal } from './terminal.ts'

export const addCredentialCommand = async (
  command: Command,
  terminal: AskingTerminal,
  { migrationsDir }: MigrationsDir,
): Promise<void> => {
  const place = placeOf(command)
  const input = { ...place, ...toFields(command.values) }
  await withDatabase({ command, terminal, migrationsDir, mayMake: true }, async (control, config) => {
    checkProvider(config, place.provider)
    refuseConfigured(config, place, 'choose another name')
    // Not before all else is known to be right: nobody likes to paste a secret twice.
    const secret = toSecret(await readSecret(command, terminal, place))
    await addCredential(control, { input, secret, now: Date.now() })
    const ends = lastOf(secret) === '' ? '' : `, which ends in …${lastOf(secret)},`
    terminal.complain(`The credential "${place.name}" for ${place.provider}${ends} is stored, encrypted.`)
  })
}

export const removeCredentialCommand = async (
  command: Command,
  terminal: Terminal,
  { migrationsDir }: MigrationsDir,
): Promise<void> => {
  const place = placeOf(command)
  await withDatabase({ command, terminal, migrationsDir, mayMake: false }, async (control, config) => {
    const isStored = (await storedCredentials(control.db)).some((row) => isAt(row, place))
    if (!isStored) refuseConfigured(config, place, 'take it out there')
    await removeCredential(control, place)
    terminal.complain(`The credential "${place.name}" for ${place.provider} is removed. Calls under way keep it.`)
  })
}

export const listCredentialsCommand = async (
  command: Command,
  terminal: Terminal,
  { migrationsDir }: MigrationsDir,
): Promise<void> =>
  withDatabase({ command, terminal, migrationsDir, mayMake: false }, async (control, config) => {
    const stored = createCredentials({ ...control, onChange: () => {}, say: terminal.complain })
    stored.load(await storedCredentials(control.db))
    const all = [...configured(config), ...stored.list()]
    if (all.length === 0)
      return terminal.complain('There are no credentials. weir credential add PROVIDER --name NAME stores one.')
    printTable(all.map(toRow), terminal.print)
  })

const toRow = ({ provider, name, last4, weight, models, source, problem }: Credential): string[] => [
  provider,
  name,
  last4 === '' ? '' : `…${last4}`,
  problem === null ? 'usable' : 'not usable',
  source === 'config' ? 'weir.yaml' : 'stored',
  [...(weight === 1 ? [] : [`weight ${weight}`]), ...(models === null ? [] : [`models: ${models.join(', ')}`])].join(
    '; ',
  ),
]

type Place = Pick<Credential, 'provider' | 'name'>
const isAt = (a: Place, b: Place) => a.provider === b.provider && a.name === b.name

const configured = ({ providers }: Config): Credential[] =>
  Object.entries(providers).flatMap(([provider, settings]) =>
    configuredCredentials(settings).map(({ name, key, weight, models }) => ({
      provider,
      name,
      weight,
      models: models === null ? null : [...models],
      last4: lastOf(key),
      createdAt: null,
      source: 'config' as const,
      problem: null,
    })),
  )

function placeOf({ name: command, operand, values }: Command): Place {
  if (operand === null)
    throw new UsageError(`weir ${command} needs the name of a provider: weir ${command} openai --name main`)
  const name = values['name']
  if (name === undefined)
    throw new UsageError(`weir ${command} needs a name for the credential: weir ${command} ${operand} --name main`)
  const result = credentialName.safeParse(name)
  if (!result.success && command === 'credential add')
    throw new UsageError(`--name: "${name}" ${result.error.issues[0]!.message}`)
  return { provider: operand, name }
}

function checkProvider(config: Config, name: string): void {
  const providers = createProviders(config)
  if (providers.find(name)) return
  const meant = providers.nearest(name)
  throw new Error(
    `There is no provider "${name}"${meant ? `: did you mean ${meant}?` : '. One that is not built in is named under providers in weir.yaml, with its baseUrl.'}`,
  )
}

function refuseConfigured(config: Config, place: Place, instead: string): void {
  if (configured(config).some((each) => isAt(each, place)))
    throw new Error(`The credential "${place.name}" for ${place.provider} is set in weir.yaml: ${instead}.`)
}

const fields = z.strictObject(credentialFields)

function toFields(values: Command['values']): Pick<CredentialInput, 'weight' | 'models'> {
  const models = values['models']
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const result = fields.safeParse({ weight: values['weight'], models })
  if (result.success) return result.data
  throw new UsageError(result.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`).join('\n'))
}

async function readSecret(
  { values }: Command,
  { askSecret, cwd }: AskingTerminal,
  { provider, name }: Place,
): Promise<string> {
  if (values['file'] === undefined) return askSecret(`Secret of the credential "${name}" for ${provider}: `)
  const file = resolve(cwd, values['file'])
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}

function toSecret(text: string): string {
  const result = credentialSecret.safeParse(text)
  if (result.success) return result.data
  throw new Error(`The secret ${result.error.issues[0]!.message}. Nothing was stored.`)
}
