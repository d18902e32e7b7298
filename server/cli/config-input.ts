/** From a command's options to what the configuration is loaded from. */
import type { ConfigInput } from '../config/load.ts'
import type { Command } from './arguments.ts'
import type { Terminal } from './terminal.ts'

const OWN = ['port', 'host', 'data', 'database'] as const

export const isDemo = (command: Command, env: Terminal['env']): boolean =>
  command.switches.has('demo') || ['1', 'true', 'yes', 'on'].includes(env['WEIR_DEMO']?.toLowerCase() ?? '')

export const toConfigInput = (command: Command, { env, cwd }: Terminal): ConfigInput => ({
  file: command.values['config'] ?? (env['WEIR_CONFIG'] || null),
  env,
  argv: Object.fromEntries(OWN.map((name) => [name, command.values[name]])),
  cwd,
  ...(isDemo(command, env) ? { data: './demo-data', onlyNamedFile: true } : { data: './data' }),
})
