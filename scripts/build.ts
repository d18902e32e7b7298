/**
 * `npm run build`: everything a release contains, in dist/. Server, recorder and reader are bundled because three threads that
 * each load their packages file by file need 460 MB and 1 s to start, bundled 129 MB and 0.12 s. Only better-sqlite3 stays
 * outside: it is native. A hash of the inputs is left behind last, so a build that was interrupted counts as stale.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import { performance } from 'node:perf_hooks'
import { rolldown, type OutputChunk, type RolldownOutput } from 'rolldown'
import { build as buildWeb } from 'vite'
import { hashInputs, stampOf } from './inputs.js'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** Optional parts of packages that Weir does without: pg's native client, and its socket for Cloudflare Workers. */
const ABSENT = ['pg-native', 'cloudflare:sockets', 'bufferutil', 'utf-8-validate']

async function build() {
  const started = performance.now()
  const inputs = hashInputs(root)
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })

  const output = await bundleServer()
  writeNotices(output)
  cpSync(join(root, 'db', 'migrations'), join(dist, 'migrations'), { recursive: true })
  copyFileSync(join(root, 'scripts', 'bin.js'), join(dist, 'main.js'))
  chmodSync(join(dist, 'main.js'), 0o755)
  await buildWeb({ configFile: join(root, 'web', 'vite.config.ts'), logLevel: 'warn' })

  writeFileSync(stampOf(root), inputs)
  console.log(`Built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}

async function bundleServer(): Promise<RolldownOutput> {
  const bundle = await rolldown({
    cwd: root,
    input: {
      weir: 'server/main.ts',
      recorder: 'server/recorder/worker.ts',
      reader: 'server/reader/worker.ts',
      control: 'server/control/worker.ts',
      judge: 'server/policy/quality/worker.ts',
    },
    platform: 'node',
    external: ['better-sqlite3', ...ABSENT],
    tsconfig: false,
    onLog(level, log, handle) {
      // A missing file must not become an import that fails on the user's machine.
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
      if (level === 'warn' && log.code !== 'EVAL') handle(level, log)
    },
  })
  const output = await bundle.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
  })
  await bundle.close()
  return output
}

/** The licences of all that is bundled ask for their notices to go along. */
function writeNotices(output: RolldownOutput) {
  const chunks = output.output.filter((file): file is OutputChunk => file.type === 'chunk')
  const folders = new Set(chunks.flatMap((chunk) => chunk.moduleIds.flatMap(toPackageFolder)))
  const notices = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const text =
      file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })
  writeFileSync(join(dist, 'LICENSES.txt'), notices.join(`\n${'─'.repeat(80)}\n\n`))
}

const toPackageFolder = (id: string): string[] => {
  const steps = id.split(sep)
  const at = steps.lastIndexOf('node_modules')
  if (at < 0) return []
  return [steps.slice(0, steps[at + 1]!.startsWith('@') ? at + 3 : at + 2).join(sep)]
}

await build()
