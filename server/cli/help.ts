/** `weir --help`, made from the table of commands. */
import { type CommandName, COMMANDS, specOf } from './commands.ts'

const INDENT = 4
const COLUMN = 24

const row = (left: string, right: string) => `${' '.repeat(INDENT)}${left.padEnd(COLUMN)}${right}`

export const helpText = (name: CommandName, version: string): string => {
  const spec = specOf(name)
  const options = Object.entries(spec.options).map(([option, { value, says }]) =>
    row(`--${option}${value ? ` ${value}` : ''}`, says),
  )
  const commands = Object.entries(COMMANDS).map(([command, { says }]) => row(`weir ${command}`, says))
  const title =
    name === 'start'
      ? `Weir ${version}: an LLM gateway that shows every call.`
      : `weir ${name}${spec.takes ? ` ${spec.takes}` : ''}: ${spec.says}.`
  return [
    title,
    '',
    ...(name === 'start' ? ['Commands', ...commands, ''] : []),
    name === 'start' ? 'Options of weir start' : 'Options',
    ...options,
    '',
    'Every option of weir.yaml is also an environment variable: port → WEIR_PORT, capture.maxBytes → WEIR_CAPTURE_MAX_BYTES;',
    'with _FILE at its end it names a file that holds the value. The command line wins over the environment, that over the file.',
  ].join('\n')
}
