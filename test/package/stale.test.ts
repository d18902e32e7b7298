// `npm start` builds when dist/ is not what the sources would give, and only then: content counts, dates do not.
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { hashInputs, isBuilt, stampOf } from '../../scripts/inputs.js'

const FILES = [
  'server/main.ts',
  'db/open.ts',
  'web/App.svelte',
  'scripts/build.ts',
  'scripts/bin.js',
  'package.json',
  'package-lock.json',
]

const createTree = () => {
  const root = mkdtempSync(join(tmpdir(), 'weir-stale-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const file of FILES) write(file, file)
  write('dist/weir.js', '')
  const build = () => writeFileSync(stampOf(root), hashInputs(root))
  return { root, write, build }
}

test('a tree that was never built, or whose build was interrupted, is stale', () => {
  const { root, build } = createTree()
  expect(isBuilt(root)).toBe(false)
  build()
  expect(isBuilt(root)).toBe(true)
})

test('new dates change nothing, as after a clone or a checkout', () => {
  const { root, build } = createTree()
  build()
  for (const file of FILES) utimesSync(join(root, file), new Date(), new Date())
  expect(isBuilt(root)).toBe(true)
})

test.each(FILES)('a change of %s makes it stale', (file) => {
  const { root, write, build } = createTree()
  build()
  write(file, `${file} changed`)
  expect(isBuilt(root)).toBe(false)
})

test('a new file, a renamed file and a file that is gone make it stale', () => {
  const { root, write, build } = createTree()
  build()
  write('server/new.ts', '')
  expect(isBuilt(root)).toBe(false)
  build()
  renameSync(join(root, 'server/new.ts'), join(root, 'server/other.ts'))
  expect(isBuilt(root)).toBe(false)
  build()
  rmSync(join(root, 'server/other.ts'))
  expect(isBuilt(root)).toBe(false)
})
