// What the cache holds survives a restart and stays within its bounds; content that may not touch the disk does not.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chatAnswer, chatStream, type FakeProvider, json, startProvider, stream } from '../support/provider.ts'
import { type CacheHouse, openCacheHouse, QUESTION, STREAMED } from './house.ts'

let dataDir: string
let provider: FakeProvider
let house: CacheHouse
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'weir-cache-'))
  provider = await startProvider()
})
afterEach(async () => {
  await house.close()
  await provider.close()
  await rm(dataDir, { recursive: true, force: true })
})

const open = async (cache: Record<string, unknown> = {}, config: Record<string, unknown> = {}) =>
  (house = await openCacheHouse(cache, { dataDir, config, provider }))
const files = async (below = 'cache'): Promise<string[]> => {
  const dir = join(dataDir, below)
  if (!existsSync(dir)) return []
  const found = await readdir(dir, { recursive: true, withFileTypes: true })
  return found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
}

test('a restart keeps what was answered, byte for byte, for its owner alone', async () => {
  await open()
  provider.answer(stream(chatStream(['one', ' two'], { usage: true })))
  const first = await house.askAndStore({ body: STREAMED })
  const { costNano } = await house.weir.recorded(first.id)
  await house.close()
  const [file] = await files()
  expect((await stat(file!)).mode & 0o777).toBe(0o600)

  await open()
  const second = await house.askAndStore({ body: STREAMED })
  expect(second.cache).toBe('hit')
  expect(second.bytes).toEqual(first.bytes)
  expect(await house.weir.recorded(second.id)).toMatchObject({ cachedFrom: first.id, savedNano: costNano })
  expect((await house.ask()).cache).toBe('miss')
  expect(provider.requests).toHaveLength(2)
})

test('a damaged file is asked for again, and removed', async () => {
  await open()
  provider.answer(json(chatAnswer('Whole.')))
  const first = await house.askAndStore()
  await house.close()
  const [file] = await files()
  const bytes = await readFile(file!)
  bytes[bytes.length - 5]! ^= 1
  await writeFile(file!, bytes)
  await writeFile(join(dataDir, 'cache', `${'0'.repeat(16)}.draft`), 'half')
  await writeFile(join(file!, '..', 'f'.repeat(64)), 'no entry')

  await open()
  const second = await house.ask()
  expect(second.cache).toBe('miss')
  expect(second.bytes).toEqual(first.bytes)
  await house.weir.recorded(second.id)
  await house.close()
  expect(await files()).toEqual([file])
  expect(await readFile(file!)).not.toEqual(bytes)
})

test('memory and disk stay within their bounds, the least recently used goes', async () => {
  await open({ maxBytes: '8KiB', diskBytes: '12KiB' })
  provider.answer(json(chatAnswer('x'.repeat(2000))))
  const ask = (n: number) => house.askAndStore({ body: { ...QUESTION, seed: n } })
  for (let n = 0; n < 4; n++) await ask(n)
  expect((await ask(0)).cache).toBe('hit')
  for (let n = 4; n < 7; n++) await ask(n)
  const { entries, bytes, maxBytes } = await house.weir.api('/cache')
  expect(maxBytes).toBe(20 * 1024)
  expect(bytes).toBeLessThanOrEqual(maxBytes)
  expect(entries).toBeLessThan(7)
  expect((await ask(6)).cache).toBe('hit')
  expect((await ask(0)).cache).toBe('hit')
  expect((await ask(1)).cache).toBe('miss')
  await house.close()
  let size = 0
  for (const file of await files()) size += (await stat(file)).size
  expect(size).toBeGreaterThan(0)
  expect(size).toBeLessThan(13 * 1024)
})

test.each(['header', 'config'])('capture below full (%s): served from memory, and no byte on the disk', async (how) => {
  await open({}, how === 'config' ? { capture: { bodies: 'metadata' } } : {})
  provider.answer(json(chatAnswer('the secret of the pond')))
  const headers: Record<string, string> = how === 'header' ? { 'x-weir-capture': 'metadata' } : {}
  const first = await house.askAndStore({ headers })
  const second = await house.askAndStore({ headers })
  expect([first.cache, second.cache]).toEqual(['miss', 'hit'])
  expect(second.bytes).toEqual(first.bytes)
  await house.close()
  expect(await files()).toEqual([])
  for (const file of await files('')) expect((await readFile(file)).includes('secret of the pond'), file).toBe(false)
})

test('capture off: nothing of the call is kept, so neither is its answer', async () => {
  await open()
  provider.answer(json(chatAnswer()))
  const got = await house.askAndStore({ headers: { 'x-weir-capture': 'off' } })
  expect(got.cache).toBe('bypass')
  expect(await house.weir.recorded(got.id)).toMatchObject({ cacheWhy: expect.stringContaining('capture is off') })
})

test('DELETE /api/cache empties memory and disk', async () => {
  await open()
  provider.answer(json(chatAnswer()))
  await house.askAndStore()
  await house.askAndStore({ body: { ...QUESTION, seed: 2 } })
  const answer = await fetch(`${house.weir.url}/api/cache`, { method: 'DELETE' })
  expect(await answer.json()).toEqual({ removed: 2 })
  expect(await house.weir.api('/cache')).toMatchObject({ entries: 0, bytes: 0 })
  expect((await house.ask()).cache).toBe('miss')
  await house.close()
  expect(await files()).toHaveLength(1)
})
