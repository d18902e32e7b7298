/** The command line, understood or refused: a mistyped option ends with the name that was probably meant, never unheard. */
import { parseArgs } from 'node:util'
import { nearest } from '../config/nearest.ts'
import { type CommandName, COMMANDS, type OptionSpec, specOf } from './commands.ts'

export interface Command {
  name: CommandName
  /** The one word after the command, where it takes one. */
  operand: string | null
  /** Text of options that take a value. */
  values: Record<string, string>
  /** Of those that may be given several times: each text, in order. */
  lists: Record<string, string[]>
  /** Switches that are on. */
  switches: Set<string>
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** `argv` without the program's own name. Throws UsageError. */
export const parseCommand = (argv: readonly string[]): Command => {
  const { name, rest } = splitName(argv)
  const spec = specOf(name)
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([option, { value }]) => [
      option,
      { type: value ? ('string' as const) : ('boolean' as const) },
    ]),
  )
  // Not strict: its own message would not name the option that was meant.
  const { tokens } = parseArgs({
    args: [...rest],
    options: { ...options, h: { type: 'boolean' }, v: { type: 'boolean' } },
    strict: false,
    tokens: true,
  })
  const command: Command = { name, operand: null, values: {}, lists: {}, switches: new Set() }
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (!spec.takes || command.operand !== null)
        throw new UsageError(spec.refusesMore ?? unexpected(name, token.value))
      command.operand = token.value
    }
    if (token.kind === 'option') take(command, spec.options, token.name, token.value)
  }
  return command
}

const SHORT: Record<string, string> = { h: 'help', v: 'version' }

const take = (command: Command, options: Record<string, OptionSpec>, given: string, value: string | undefined) => {
  const name = SHORT[given] ?? given
  const option = options[name]
  if (!option) throw new UsageError(unknownOption(command.name, name, Object.keys(options)))
  if (option.value && !value) throw new UsageError(`--${name} needs a value: --${name} ${option.value}`)
  if (!option.value && value !== undefined) throw new UsageError(`--${name} is a switch and takes no value`)
  if (option.many) (command.lists[name] ??= []).push(value!)
  else if (option.value) command.values[name] = value!
  else command.switches.add(name)
}

/** The longest command whose words come first; none: start. Options before it are not looked through, as in `weir --port 1`. */
const splitName = (argv: readonly string[]): { name: CommandName; rest: readonly string[] } => {
  const names = Object.keys(COMMANDS) as CommandName[]
  const found = names.find((name) => name.split(' ').every((word, index) => argv[index] === word))
  if (found) return { name: found, rest: argv.slice(found.split(' ').length) }
  const first = argv[0]
  if (first === undefined || first.startsWith('-')) return { name: 'start', rest: argv }
  if (first === 'help') return { name: 'start', rest: ['--help'] }
  const words = argv
    .slice(0, 2)
    .filter((word) => !word.startsWith('-'))
    .join(' ')
  const longer = names.filter((name) => name.startsWith(`${first} `))
  if (longer.length > 0)
    throw new UsageError(`weir ${words} is not a command: did you mean weir ${longer.join(' or weir ')}?`)
  const meant = nearest(words, names) ?? nearest(first, names)
  throw new UsageError(
    `weir ${first} is not a command${meant ? `: did you mean weir ${meant}?` : '.'} See weir --help.`,
  )
}

const unknownOption = (command: CommandName, name: string, valid: readonly string[]): string => {
  const meant = nearest(name, valid)
  const elsewhere = Object.keys(COMMANDS).filter((other) => name in specOf(other as CommandName).options)
  if (meant) return `--${name} is not an option: did you mean --${meant}?`
  if (elsewhere.length > 0) return `--${name} is an option of weir ${elsewhere.join(', weir ')}, not of weir ${command}`
  return `--${name} is not an option of weir ${command}. Options: ${valid.map((option) => `--${option}`).join(' ')}`
}

const unexpected = (command: CommandName, word: string) =>
  `weir ${command} takes no ${specOf(command).takes ? 'second ' : ''}"${word}"${nearest(word, Object.keys(COMMANDS)) === word ? ': commands stand first' : ''}`
