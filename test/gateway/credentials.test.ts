// Weir's own provider credential is for those who show a Weir key, and nobody else: never an open relay. A client's own credential
// passes as it is, and no credential is ever kept.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

const ADMIN = 'wa_test-admin-token-000000000000000000'
const OWN = 'sk-weirs-own-credential-CANARY-1'
let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(
    json(chatAnswer(), { headers: { 'set-cookie': 'session=CANARY-cookie-value-1234567890' } }),
  )
  weir = await startWeir({
    providers: { openai: provider, anthropic: provider },
    config: { adminToken: ADMIN, providers: { openai: { apiKey: OWN } } },
  })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const call = (headers: Record<string, string>, path = '/openai/v1/chat/completions') =>
  fetch(weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"model":"gpt-5-mini","messages":[]}',
  })

test('no credential, no service: 401 with the reason, and nothing goes upstream', async () => {
  const before = provider.requests.length
  const answer = await call({})
  expect([answer.status, answer.headers.get('x-weir-error'), answer.headers.get('x-should-retry')]).toEqual([
    401,
    'credential_required',
    'false',
  ])
  expect(provider.requests.length).toBe(before)
  const recorded = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect(recorded).toMatchObject({ outcome: 'refused', errorCode: 'credential_required', status: 401 })
})

test.each([
  ['x-weir-key', { 'x-weir-key': ADMIN }],
  ['authorization', { authorization: `Bearer ${ADMIN}` }],
  ['x-api-key', { 'x-api-key': ADMIN }],
])('a Weir key in %s brings Weir’s credential into its place, and goes nowhere itself', async (_, headers) => {
  const answer = await call(headers)
  expect(answer.status).toBe(200)
  expect(provider.last().headers.authorization).toBe(`Bearer ${OWN}`)
  expect(JSON.stringify(provider.last().rawHeaders)).not.toContain(ADMIN)
})

test('a Weir key in the query is taken out of it', async () => {
  await call({}, `/openai/v1/chat/completions?a=1&key=${ADMIN}&b=2`)
  expect(provider.last().path).toBe('/v1/chat/completions?a=1&b=2')
})

test('a client’s own credential passes unchanged, and beside it a Weir key may stand', async () => {
  await call(
    { authorization: 'Bearer sk-ant-oat-subscription-CANARY-2', 'x-weir-key': ADMIN },
    '/anthropic/v1/messages',
  )
  expect(provider.last().headers.authorization).toBe('Bearer sk-ant-oat-subscription-CANARY-2')
  expect(provider.last().headers['x-weir-key']).toBeUndefined()
})

test('a wrong Weir key is refused', async () => {
  const answer = await call({ authorization: 'Bearer wk_wrong-CANARY-3' })
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([401, 'key_invalid'])
})

test('no credential reaches the disk, whatever its place', async () => {
  const places: Record<string, string>[] = [
    { authorization: 'Bearer sk-CANARY-bearer-0123456789' },
    { 'x-api-key': 'CANARY-x-api-key-0123456789' },
    { 'api-key': 'CANARY-api-key-0123456789' },
    { cookie: 'sid=CANARY-cookie-0123456789' },
    { 'x-goog-api-key': 'CANARY-goog-0123456789' },
  ]
  for (const place of places) await weir.recorded((await call(place)).headers.get('x-weir-call-id')!)
  const answer = await call({}, '/anthropic/v1/messages?key=CANARY-query-0123456789')
  await weir.recorded(answer.headers.get('x-weir-call-id')!)
  for (const file of files(weir.dataDir)) expect([file, readFileSync(file).includes('CANARY')]).toEqual([file, false])
})

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [],
  )
