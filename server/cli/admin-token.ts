/** `weir admin token --new`: for a lost admin token. A running Weir on the same data folder takes the new one within a second. */
import { mkdirSync } from 'node:fs'
import { createAdmin } from '../api/auth.ts'
import { loadConfig } from '../config/load.ts'
import { type Command, UsageError } from './arguments.ts'
import { toConfigInput } from './config-input.ts'
import type { Terminal } from './terminal.ts'

export const renewAdminToken = (command: Command, terminal: Terminal): void => {
  if (!command.switches.has('new'))
    throw new UsageError('the admin token is stored hashed and cannot be shown: weir admin token --new makes another')
  const { config } = loadConfig(toConfigInput(command, terminal))
  mkdirSync(config.data, { recursive: true, mode: 0o700 })
  const admin = createAdmin({ dataDir: config.data, token: config.adminToken })
  // A folder without a token gets its first one by being opened.
  terminal.print(admin.firstToken ?? admin.renew())
  terminal.complain(`This is the admin token for ${config.data}, shown once. The old token and every login have ended.`)
}
