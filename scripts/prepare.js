/**
 * Before `npm start`, `npm test` and the others: installs what is missing and builds what is stale, so that one command does
 * everything on a fresh clone. It may run on the system's own old Node, which has no node_modules yet: plain JavaScript, no
 * packages. The Node that Weir needs comes with the install (package `node`); the script after this one already finds it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isBuilt } from './inputs.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lock = join(root, 'package-lock.json')
const installed = join(root, 'node_modules', '.package-lock.json')

const readPackages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages

/** Older than the lock file, and not only by date: some package is absent or has another version. */
const isInstalled = () => {
  if (!existsSync(installed)) return false
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true
  const [wanted, there] = [readPackages(lock), readPackages(installed)]
  return Object.keys(wanted).every(
    (name) =>
      name === '' ||
      wanted[name].optional === true ||
      wanted[name].peer === true ||
      (there[name] !== undefined && there[name].version === wanted[name].version),
  )
}

const run = (what, command, args, otherwise) => {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status === 0) return
  if (otherwise) return otherwise()
  const why = result.error ? result.error.message : 'see above'
  console.error(`${what} failed (${why}).`)
  process.exit(result.status || 1)
}

/** npm tells its scripts where it lives; without it (plain `node scripts/prepare.js`) the one on the PATH is used. */
const npm = (args, otherwise) => {
  const path = process.env.npm_execpath
  if (path && /\.c?js$/.test(path)) run('npm ' + args[0], process.execPath, [path, ...args], otherwise)
  else run('npm ' + args[0], process.platform === 'win32' ? 'npm.cmd' : 'npm', args, otherwise)
}

/** The Node that the package `node` brought. */
const ownNode = () => {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = join(root, 'node_modules', 'node', 'bin', name)
  if (existsSync(path)) return path
  console.error(`The package "node" is installed, but ${path} is not there: delete node_modules and try again.`)
  return process.exit(1)
}

if (!isInstalled()) {
  console.log('Installing packages (once, and again when package-lock.json changes) …')
  // `ci` also wants the binaries of every other platform to be there; a mirror that lags behind may not have them.
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], () => {
    console.log('npm ci did not succeed; trying npm install …')
    npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
  })
}
if (!process.argv.includes('--install-only') && !isBuilt(root))
  run('The build', ownNode(), [join(root, 'scripts', 'build.ts')])
