/**
 * Where Weir begins: the only file that reads the command line and the environment, and the only one that ends the process.
 * Exit codes: 0 done, 1 failed, 2 the command line is wrong.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { type Command, parseCommand, UsageError } from './cli/arguments.ts'
import { helpText } from './cli/help.ts'
import { runtimeProblem } from './cli/runtime.ts'
import type { AskingTerminal, Places } from './cli/terminal.ts'
import { ConfigError } from './config/mistakes.ts'

const run = async (command: Command, terminal: AskingTerminal, places: Places): Promise<void> => {
  if (command.switches.has('help')) return terminal.print(helpText(command.name, places.version))
  if (command.switches.has('version')) return terminal.print(places.version)
  const problem = runtimeProblem()
  if (problem) throw new Error(problem)
  // Each command loads only what it needs: `weir --version` no server, `weir start` no queries.
  switch (command.name) {
    case 'config check':
      return (await import('./cli/config-check.ts')).checkConfig(command, terminal)
    case 'export':
      return (await import('./cli/export.ts')).exportCalls(command, terminal, process.stdout)
    case 'prune':
      return (await import('./cli/prune.ts')).prune(command, terminal, places)
    case 'key create':
      return (await import('./cli/key.ts')).createKeyCommand(command, terminal, places)
    case 'key list':
      return (await import('./cli/key.ts')).listKeysCommand(command, terminal, places)
    case 'key rotate':
      return (await import('./cli/key.ts')).rotateKeyCommand(command, terminal, places)
    case 'key revoke':
      return (await import('./cli/key.ts')).revokeKeyCommand(command, terminal, places)
    case 'credential add':
      return (await import('./cli/credential.ts')).addCredentialCommand(command, terminal, places)
    case 'credential list':
      return (await import('./cli/credential.ts')).listCredentialsCommand(command, terminal, places)
    case 'credential remove':
      return (await import('./cli/credential.ts')).removeCredentialCommand(command, terminal, places)
    case 'admin token':
      return (await import('./cli/admin-token.ts')).renewAdminToken(command, terminal)
    case 'start':
      return (await import('./cli/start.ts')).start(command, terminal, places)
  }
}

/** As a bundle this file is dist/weir.js with all the rest beside it; from source it is server/main.ts. */
const findPlaces = (): Places => {
  const at = (path: string) => new URL(path, import.meta.url)
  const isBundle = existsSync(at('./recorder.js'))
  const { version } = JSON.parse(readFileSync(at('../package.json'), 'utf8')) as { version: string }
  return {
    version,
    migrationsDir: fileURLToPath(at(isBundle ? './migrations' : '../db/migrations')),
    assetsDir: fileURLToPath(at(isBundle ? './web' : '../dist/web')),
    workers: isBundle
      ? {
          recorder: at('./recorder.js'),
          reader: at('./reader.js'),
          control: at('./control.js'),
          judge: at('./judge.js'),
        }
      : {
          recorder: at('./recorder/worker.ts'),
          reader: at('./reader/worker.ts'),
          control: at('./control/worker.ts'),
          judge: at('./policy/quality/worker.ts'),
        },
  }
}

const terminal: AskingTerminal = {
  env: process.env,
  cwd: process.cwd(),
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
  askSecret: async (question) =>
    (await import('./cli/ask-secret.ts')).askSecret(question, process.stdin, process.stderr),
}

// V8 makes what outlived a few collections in its old generation from then on. Under many connections that hits the small arrays of
// the data path, and each dead one keeps its calls until the next full collection (measured: 40 % of all memory, 20 ms pauses).
setFlagsFromString('--no-allocation-site-pretenuring')

// What Weir writes is its user's alone: databases and their side files have no mode of their own, and threads inherit this.
process.umask(0o077)

try {
  await run(parseCommand(process.argv.slice(2)), terminal, findPlaces())
  process.exit()
} catch (error) {
  const isExpected = error instanceof ConfigError || error instanceof UsageError
  terminal.complain(
    isExpected || !(error instanceof Error) ? String((error as Error).message ?? error) : describe(error),
  )
  process.exit(error instanceof UsageError ? 2 : 1)
}

/** With its stack only where nobody foresaw it. */
function describe(error: Error): string {
  return error.cause === undefined && !(error.name === 'Error') ? (error.stack ?? error.message) : error.message
}
