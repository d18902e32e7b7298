/**
 * `weir key …`: keys without the dashboard, on the database itself. A Weir that runs on the same data folder takes a change within
 * two seconds. A secret stands alone on standard output, so that a script can catch it; all else goes to standard error.
 */
import type { Config } from '../config/config.ts'
import { keyInput, keyName, type KeyInput } from '../config/keys.ts'
import { toMilliseconds } from '../config/units.ts'
import { type Control, createKey, endKey, renewKey, storedKeys } from '../control/keys.ts'
import { toKeyRecords } from '../policy/key-config.ts'
import { type KeyRecord, stateOf } from '../policy/key.ts'
import { type Command, UsageError } from './arguments.ts'
import { type MigrationsDir, withDatabase } from './database.ts'
import { sayLimit, toLimits } from './key-limits.ts'
import { printTable } from './table.ts'
import type { Terminal } from './terminal.ts'

export const createKeyCommand = async (command: Command, terminal: Terminal, places: MigrationsDir): Promise<void> => {
  const name = nameOf(command)
  const input = toInput(command, Date.now())
  await withKeys(command, terminal, places, async (control, config) => {
    refuseConfigured(config, name, `choose another name`)
    const { keys, secret } = await createKey(control, { name, now: Date.now(), input })
    terminal.print(secret!)
    terminal.complain(
      `The secret of the key "${name}", shown once. ${sayRights(keys.find((key) => key.name === name)!)}`,
    )
  })
}

export const rotateKeyCommand = async (command: Command, terminal: Terminal, places: MigrationsDir): Promise<void> => {
  const name = nameOf(command)
  const overlap = command.values['overlap'] ?? '24h'
  const overlapMs = toMilliseconds(overlap)
  if (overlapMs === null || overlapMs > 30 * 86_400_000)
    throw new UsageError(`--overlap "${overlap}" is no duration of at most 30d: write 24h, or 0 for none`)
  await withKeys(command, terminal, places, async (control, config) => {
    refuseConfigured(config, name, 'change its secret there')
    const { secret } = await renewKey(control, { name, now: Date.now(), overlapMs })
    terminal.print(secret!)
    const before = overlapMs === 0 ? 'has ended' : `is good for another ${overlap}`
    terminal.complain(`The new secret of the key "${name}", shown once. The one before ${before}.`)
  })
}

export const revokeKeyCommand = async (command: Command, terminal: Terminal, places: MigrationsDir): Promise<void> => {
  const name = nameOf(command)
  await withKeys(command, terminal, places, async (control, config) => {
    refuseConfigured(config, name, 'take it out there')
    await endKey(control, { name, now: Date.now() })
    terminal.complain(`The key "${name}" is revoked. Calls that are under way go on.`)
  })
}

export const listKeysCommand = async (command: Command, terminal: Terminal, places: MigrationsDir): Promise<void> =>
  withKeys(command, terminal, places, async (control, config) => {
    const keys = [...toKeyRecords(config.keys.list), ...(await storedKeys(control.db))]
    if (keys.length === 0) return terminal.complain('There are no keys. weir key create NAME makes one.')
    const now = Date.now()
    const rows = keys.map((key) => [key.name, `…${key.last4}`, stateOf(key, now), key.team ?? '', sayRights(key)])
    printTable(rows, terminal.print)
  })

const withKeys = (
  command: Command,
  terminal: Terminal,
  { migrationsDir }: MigrationsDir,
  work: (control: Control, config: Config) => Promise<void>,
): Promise<void> => withDatabase({ command, terminal, migrationsDir, mayMake: command.name === 'key create' }, work)

function nameOf({ name, operand }: Command): string {
  if (operand === null) throw new UsageError(`weir ${name} needs the name of a key: weir ${name} NAME`)
  if (name !== 'key create') return operand
  const result = keyName.safeParse(operand)
  if (result.success) return operand
  throw new UsageError(`"${operand}" ${result.error.issues[0]!.message}`)
}

const refuseConfigured = ({ keys }: Config, name: string, instead: string): void => {
  if (keys.list.some((key) => key.name === name))
    throw new Error(`The key "${name}" is set in weir.yaml (keys.list): ${instead}.`)
}

const LISTS = ['providers', 'models', 'routes', 'ips'] as const

function toInput({ values, lists }: Command, now: number): KeyInput {
  const given: Record<string, unknown> = {}
  for (const name of ['owner', 'team', 'capture', 'disconnect'] as const) if (values[name]) given[name] = values[name]
  for (const name of LISTS) if (values[name]) given[name] = words(values[name])
  if (values['tags']) given['tags'] = Object.fromEntries(words(values['tags']).map(toTag))
  if (values['expires']) given['expiresAt'] = toExpiry(values['expires'], now)
  if (lists['limit']) given['limits'] = toLimits(lists['limit'])
  const result = keyInput.safeParse(given)
  if (result.success) return result.data
  const says = result.error.issues.map(({ path, message }) => {
    const [option, at] = path
    if (option === 'limits') return `--limit: ${message}`
    const value = at === undefined ? given[String(option)] : (given[String(option)] as string[])[Number(at)]
    return `--${String(option)}: "${String(value)}" ${message}`
  })
  throw new UsageError(says.join('\n'))
}

const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

function toTag(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--tags: "${text}" is no tag: write name=value,name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function toExpiry(text: string, now: number): number {
  const age = toMilliseconds(text)
  const at = age !== null ? now + age : /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new UsageError(`--expires "${text}" is no time: write 30d (from now), 2026-12-31, or 2026-12-31T12:00:00Z`)
  if (at <= now) throw new UsageError(`--expires "${text}" has passed already`)
  return at
}

/** In a few words what it may do. */
function sayRights(key: KeyRecord): string {
  const limited = LISTS.flatMap((name) => (key[name] === null ? [] : [`${name}: ${key[name].join(', ')}`]))
  limited.push(...key.limits.map((limit) => `limit ${sayLimit(limit)}`))
  if (key.expiresAt !== null) limited.push(`until ${new Date(key.expiresAt).toISOString()}`)
  if (key.source === 'config') limited.push('set in weir.yaml')
  return limited.length > 0 ? limited.join('; ') : 'May use every provider and model.'
}
