// Several credentials of Weir's for one provider: rotated when one is limited or refused; the journal knows them by name only.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

const KEYS = [
  { name: 'main', key: 'sk-canary-main-0000' },
  { name: 'spare', key: 'sk-canary-spare-0000' },
  { name: 'other', key: 'sk-canary-other-0000', models: ['embed-*'] },
]
const providers = { a: { apiKey: undefined, apiKeys: KEYS } }
/** Refuses the first key in this way. */
const refusing =
  (status: number): Answer =>
  (request, ...rest) =>
    (request.headers.authorization?.includes('main') ? fails(status) : ok())(request, ...rest)
const shown = () => house.fakes[0]!.requests.map(({ headers }) => headers.authorization?.slice(17, 22))

test.each([429, 401, 402, 403])('%i: the next credential of the same target', async (status) => {
  house.setUp({ answers: [refusing(status)], providers })
  const response = await house.ask()
  expect(response.status).toBe(200)
  expect(shown()).toEqual(['main-', 'spare'])
  const call = await house.weir.recorded(callId(response))
  expect(call.attempts[1]!.reason).toBe('the next credential, spare')
  expect(call.credential).toMatch(/…0000$/)
  const again = await house.ask()
  // A limited credential rests; a refused one may have been mended since.
  expect(again.headers.get('x-weir-attempts')).toBe(status === 429 ? '1' : '2')
})

test('a 500 is the target’s fault, not the credential’s', async () => {
  house.setUp({ answers: [fails(500), ok()], providers })
  expect((await house.ask()).status).toBe(200)
  expect(shown()).toEqual(['main-'])
})

test('a target may name its credential', async () => {
  house.setUp({ answers: [ok()], providers, targets: [{ credential: 'spare' }] })
  await house.ask()
  expect(shown()).toEqual(['spare'])
})

test('no credential is on the disk', async () => {
  const folder = join(house.weir.dataDir, 'journal')
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) => each.isFile())
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect((await readFile(join(file.parentPath, file.name))).includes('sk-canary')).toBe(false)
})
