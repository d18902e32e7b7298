/** `weir start`: opens the house, says where it is, and closes it in order when it is told to. */
import { containerWarnings, inContainer } from '../config/container.ts'
import type { ConfigSource } from '../config/reload.ts'
import { createConfigSource } from '../config/reload.ts'
import type { Demo } from '../demo/demo.ts'
import { isDemoFolder } from '../demo/mark.ts'
import { startWeir, type Weir } from '../start.ts'
import type { Command } from './arguments.ts'
import { isDemo, toConfigInput } from './config-input.ts'
import type { Places, Terminal } from './terminal.ts'

/** Resolves when Weir has ended in order. Throws ConfigError, and what startWeir throws. */
export const start = async (command: Command, terminal: Terminal, places: Places): Promise<void> => {
  const say = (line: string) => terminal.complain(line)
  const source = createConfigSource({ ...toConfigInput(command, terminal), say })
  const demo = isDemo(command, terminal.env) ? await openDemo(source) : refuseDemoFolder(source)
  const config = demo?.config ?? source
  // The demo's provider is on loopback: no proxy leads there.
  const proxy = demo ? NO_PROXY : proxyOf(terminal.env)
  const contained = inContainer()
  if (contained && !demo) for (const line of containerWarnings(config.current().providers)) say(line)
  const weir = await open(
    () => startWeir({ config, demo: demo !== null, ...places, proxy, say, inContainer: contained }),
    config,
  )
  // Before a word is said: whoever reads the address may end Weir at once, and it must end in order.
  const told = untilTold(weir, demo, terminal)
  for (const line of welcome(weir, config, demo !== null, places.version)) terminal.print(line)
  demo?.begin(weir.url)
  await told
  await demo?.close()
}

/** Loaded only here: a normal start does not pay for it. */
const openDemo = async (config: ConfigSource): Promise<Demo> => {
  const { openDemo } = await import('../demo/demo.ts')
  return open(() => openDemo({ config }), config)
}

const refuseDemoFolder = (source: ConfigSource): null => {
  const { data } = source.current()
  if (!isDemoFolder(data)) return null
  source.close()
  throw new Error(`The calls in ${data} are made up: start with --demo, or choose another folder with --data.`)
}

/** Failures that a person at the terminal can mend, in words. */
const open = async <T>(begin: () => Promise<T>, source: ConfigSource): Promise<T> => {
  try {
    return await begin()
  } catch (error) {
    source.close()
    const { port, host, data } = source.current()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} on ${host} is taken: stop what listens there, or choose another with --port.`, {
        cause: error,
      })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Error(`This machine has no address ${host}: choose another with --host.`, { cause: error })
    if (code === 'EACCES' && (error as { syscall?: string }).syscall === 'listen')
      throw new Error(`Port ${port} needs more rights: choose one above 1023 with --port.`, { cause: error })
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
      throw new Error(
        `The data folder ${data} cannot be written (${code}): give it to this user, or choose another with --data.`,
        {
          cause: error,
        },
      )
    throw error
  }
}

const NO_PROXY = { httpProxy: null, httpsProxy: null, noProxy: null }

const proxyOf = (env: Terminal['env']) => ({
  httpProxy: env['http_proxy'] || env['HTTP_PROXY'] || null,
  httpsProxy: env['https_proxy'] || env['HTTPS_PROXY'] || null,
  noProxy: env['no_proxy'] || env['NO_PROXY'] || null,
})

const welcome = (weir: Weir, source: ConfigSource, demo: boolean, version: string): string[] => {
  const { data } = source.current()
  const config = source.file.found ? source.file.path : 'none: every option has its default'
  return [
    `Weir ${version}${demo ? ' · demo: the traffic is made up' : ''}`,
    '',
    `  Dashboard    ${weir.url}/app`,
    `  Base URL     ${weir.url}/openai/v1    likewise /anthropic, /gemini/v1beta, …`,
    `  Data         ${data}`,
    `  Config       ${config}`,
    ...(weir.adminToken ? [`  Admin token  ${weir.adminToken}    shown this once; lost: weir admin token --new`] : []),
    '',
  ]
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

/** npm passes on the Ctrl-C that the terminal has already sent to both: one key press is two signals. */
const SAME_KEY_MS = 200

/** The first signal drains, the second ends at once: the journal is made for that. */
const untilTold = (weir: Weir, demo: Demo | null, terminal: Terminal): Promise<void> => {
  const ended = Promise.withResolvers<void>()
  // While it drains, Weir may wait for nothing that keeps a process alive by itself.
  const alive = setInterval(() => {}, 60_000)
  let endingSince: number | null = null
  for (const [signal, code] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][])
    process.on(signal, () => {
      if (endingSince !== null) {
        const isEcho = signal === 'SIGINT' && performance.now() - endingSince < SAME_KEY_MS
        return isEcho ? undefined : process.exit(code)
      }
      endingSince = performance.now()
      terminal.complain(`${signal}: draining. Calls in flight may finish; once more ends at once.`)
      const drained = Promise.all([demo?.stop(), weir.drain(signal === 'SIGINT' ? { delay: 0 } : {})])
      drained.then(() => ended.resolve(), ended.reject)
    })
  return ended.promise.finally(() => clearInterval(alive))
}
