/** `weir config check`: the same reading as at start, without starting. */
import { loadConfig } from '../config/load.ts'
import type { Command } from './arguments.ts'
import { toConfigInput } from './config-input.ts'
import type { Terminal } from './terminal.ts'

/** Throws ConfigError with all mistakes. */
export const checkConfig = (command: Command, terminal: Terminal): void => {
  const { config, file, found } = loadConfig(toConfigInput(command, terminal))
  const providers = Object.keys(config.providers)
  terminal.print(
    found
      ? `${file} is right.`
      : `There is no ${file}: every option that the environment does not set has its default.`,
  )
  terminal.print(`  listens on  ${config.host}:${config.port}${config.basePath}`)
  terminal.print(`  data        ${config.data}`)
  terminal.print(`  providers   ${providers.length > 0 ? providers.join(', ') : 'the built-in ones'}`)
}
