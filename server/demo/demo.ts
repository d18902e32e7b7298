/**
 * `weir --demo`: Weir as it is, with a provider and clients that are made up, to look around. The calls go in by the front door;
 * only those of the past are written into the journal of a new data folder. The folder is marked, so that nobody takes them for real.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigSource } from '../config/reload.ts'
import { createCredentialName } from '../gateway/mask.ts'
import { credentialSecret } from '../data-folder.ts'
import { toDemoConfig } from './config.ts'
import { writeHistory } from './history.ts'
import { isDemoFolder, MARK } from './mark.ts'
import { startDemoProvider } from './provider.ts'
import { createRandom } from './random.ts'
import { startTraffic, type Traffic } from './traffic.ts'

export interface Demo {
  /** With this Weir must be started. */
  config: ConfigSource
  /** Weir listens at `url`: the clients may come. */
  begin(url: string): void
  /** No new calls; those under way are answered at once, and have ended when this settles. */
  stop(): Promise<void>
  close(): Promise<void>
}

export interface DemoOptions {
  config: ConfigSource
  /** The same seed, the same demo. */
  seed?: number
  /** Scenarios of the last day (and a few less of the day before), and of the first seconds. */
  history?: number
  crowd?: number
}

/** Throws, in words, when the data folder or the database is not the demo's own. */
export async function openDemo({ config: source, seed = Date.now(), history, crowd }: DemoOptions): Promise<Demo> {
  const { data, database, port } = source.current()
  if (database !== 'sqlite')
    throw new Error(
      'The demo keeps its made-up calls in a SQLite file of its own: start it without `database` (WEIR_DATABASE, --database).',
    )
  const isNew = claimFolder(data)
  const provider = await startDemoProvider()
  const config = toDemoConfig(source, provider.url)
  if (isNew) {
    // First: a history that is broken off must not pass for a real one.
    writeFileSync(join(data, MARK), 'The calls in this folder are made up by `weir --demo`.\n')
    const nameCredential = createCredentialName(credentialSecret(data))
    await writeHistory({
      config: config.current(),
      port,
      random: createRandom(seed),
      nameCredential,
      ...(history === undefined ? {} : { scenarios: history }),
    })
  }
  let traffic: Traffic | null = null
  return {
    config,
    begin: (url) =>
      void (traffic = startTraffic({
        url,
        provider,
        random: createRandom(seed + 1),
        ...(crowd === undefined ? {} : { crowd }),
      })),
    stop: async () => {
      provider.hurry()
      await traffic?.stop()
    },
    close: () => provider.close(),
  }
}

/** True: the folder was empty or not there. */
function claimFolder(data: string): boolean {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  if (isDemoFolder(data)) return false
  if (readdirSync(data).length > 0)
    throw new Error(
      `The data folder ${data} holds other things than a demo: made-up calls do not belong there. Choose another with --data.`,
    )
  return true
}
