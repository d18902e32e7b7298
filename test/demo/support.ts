/** A demo as `weir --demo` starts it, in this process and in a folder of its own, with less of everything. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Call } from '../../server/call.ts'
import { type ConfigSource, createConfigSource } from '../../server/config/reload.ts'
import { openDemo, type Demo } from '../../server/demo/demo.ts'
import { startWeir, type Weir } from '../../server/start.ts'

export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-demo-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface OpenDemo {
  url: string
  /** All that was recorded, in the order of storing. */
  calls: Call[]
  /** Settles when `test` holds for what was recorded. */
  until(test: (calls: Call[]) => boolean): Promise<void>
  api(path: string): Promise<any>
  end(): Promise<void>
}

export async function startDemo({
  data,
  file = null,
  env = {},
  history = 0,
  crowd = 13,
}: {
  data: string
  file?: string | null
  env?: Record<string, string>
  history?: number
  crowd?: number
}): Promise<OpenDemo> {
  const source = createConfigSource({
    file,
    onlyNamedFile: true,
    env: { WEIR_PORT: '0', ...env },
    argv: { data },
    cwd: data,
  })
  const demo: Demo = await openDemo({ config: source, seed: 7, history, crowd })
  const { weir, calls, until } = await startOn(demo.config)
  demo.begin(weir.url)
  let ending: Promise<void> | null = null
  const end = () => (ending ??= Promise.all([demo.stop(), weir.drain({ delay: 0 })]).then(() => demo.close()))
  onTestFinished(end)
  return { url: weir.url, calls, until, api: async (path) => (await fetch(`${weir.url}/api${path}`)).json(), end }
}

/** Weir alone, with the demo's configuration, and what it has recorded so far. */
export async function startOn(config: ConfigSource): Promise<{ weir: Weir; calls: Call[]; until: OpenDemo['until'] }> {
  const root = new URL('../../', import.meta.url)
  const weir = await startWeir({
    config,
    demo: true,
    workers: {
      recorder: new URL('server/recorder/worker.ts', root),
      reader: new URL('server/reader/worker.ts', root),
      control: new URL('server/control/worker.ts', root),
      judge: new URL('server/policy/quality/worker.ts', root),
    },
    assetsDir: new URL('dist/web', root).pathname,
    migrationsDir: new URL('db/migrations', root).pathname,
    version: '0.0.0-test',
    proxy: { httpProxy: null, httpsProxy: null, noProxy: null },
  })
  const calls: Call[] = []
  const looking = new Set<() => void>()
  weir.onRecorded((stored) => {
    calls.push(...stored)
    for (const look of looking) look()
  })
  const until: OpenDemo['until'] = (test) =>
    new Promise((resolve) => {
      const look = () => {
        if (!test(calls)) return
        looking.delete(look)
        resolve()
      }
      looking.add(look)
      look()
    })
  return { weir, calls, until }
}
