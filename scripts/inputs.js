/**
 * Is dist/ what these sources would build? The answer is a hash over the content of everything that goes in: dates lie after a
 * clone, a checkout or a copy. Plain JavaScript in old syntax, because the step before `npm start` may run on any Node.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SOURCES = ['server', 'db', 'web', 'scripts/build.ts', 'scripts/bin.js', 'package.json', 'package-lock.json']
const LEFT_OUT = new Set(['node_modules', 'dist'])

/** Where the build leaves the hash of its inputs. */
export const stampOf = (root) => join(root, 'dist', '.inputs')

export const hashInputs = (root) => {
  const hash = createHash('sha256')
  for (const source of SOURCES) add(hash, root, source)
  return hash.digest('hex')
}

export const isBuilt = (root) => existsSync(stampOf(root)) && readFileSync(stampOf(root), 'utf8') === hashInputs(root)

const add = (hash, root, path) => {
  const absolute = join(root, path)
  let entries
  try {
    entries = readdirSync(absolute, { withFileTypes: true })
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error
    hash
      .update(path + '\0')
      .update(readFileSync(absolute))
      .update('\0')
    return
  }
  const names = entries.map((entry) => entry.name).sort()
  for (const name of names) if (!LEFT_OUT.has(name) && !name.startsWith('.')) add(hash, root, path + '/' + name)
}
