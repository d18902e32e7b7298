// Node 22 takes zstd's dictionary and ignores it without an error: Weir must notice by doing, and old runtimes get one clear line.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.doUnmock('node:zlib')
  vi.resetModules()
})

const problemWith = async (replaced: Partial<typeof zlib>) => {
  vi.resetModules()
  vi.doMock('node:zlib', () => ({ ...zlib, ...replaced }))
  const { runtimeProblem } = await import('../../server/cli/runtime.ts')
  return runtimeProblem()
}

test('this runtime honours the dictionary', async () => expect(await problemWith({})).toBeNull())

test('a runtime that ignores the dictionary, or has no zstd, is refused with one line', async () => {
  const ignoring = (bytes: zlib.InputType) => zlib.zstdCompressSync(bytes)
  for (const replaced of [{ zstdCompressSync: ignoring }, { zstdCompressSync: undefined as never }])
    expect(await problemWith(replaced as Partial<typeof zlib>)).toMatch(
      /^Weir needs Node 24\.6 or newer, this is \d+\.\d+\.\d+: install/,
    )
})

test.each(['20.20.2', '22.15.0', '24.5.1', '18.0.0'])(
  'the bin file ends on Node %s with one clear line and exit code 1',
  (version) => {
    const bin = readFileSync(fileURLToPath(new URL('../../scripts/bin.js', import.meta.url)), 'utf8')
    const pretending = bin.replace("import process from 'node:process'", `process.versions = { node: '${version}' }`)
    const source = pretending.replace(
      /^#!.*/,
      "Object.defineProperty(process, 'versions', { writable: true, value: process.versions })",
    )
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
    })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(
      `Weir needs Node 24.6 or newer, this is ${version}: install it from https://nodejs.org, or use the container image.\n`,
    )
  },
)
