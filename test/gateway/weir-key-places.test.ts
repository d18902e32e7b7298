// Some clients fill two credential places at once, and each place may hold Weir's key: it goes to Weir and no further, while a
// provider's own credential beside it arrives unchanged. Configured credentials are never an open relay.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

const KEY = 'wa_test-admin-token-000000000000000000'
const OAUTH = 'sk-ant-oat01-subscription-token-0123456789'
let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(
    json(chatAnswer(), { headers: { location: 'https://files.example/x?X-Amz-Signature=CANARY-signed&a=1' } }),
  )
  weir = await startWeir({
    providers: { anthropic: provider, openai: provider },
    config: {
      adminToken: KEY,
      providers: { openai: { headers: { Authorization: 'Bearer CONFIGURED', 'X-Team': 'search' } } },
    },
  })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const post = (path: string, headers: Record<string, string>) =>
  fetch(weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"model":"m","messages":[]}',
  })

test.each([
  [{ authorization: `Bearer ${OAUTH}`, 'x-api-key': KEY }],
  [{ authorization: `Bearer ${KEY}`, 'x-api-key': OAUTH }],
  [{ 'x-weir-key': KEY, authorization: `Bearer ${KEY}`, 'x-api-key': OAUTH }],
  [{ 'x-weir-key': KEY, authorization: `Bearer ${OAUTH}` }],
])('%j: the key stays here, the token arrives', async (headers) => {
  const answer = await post('/anthropic/v1/messages', headers as Record<string, string>)
  expect(answer.status).toBe(200)
  const sent = JSON.stringify(provider.last().rawHeaders)
  expect([sent.includes(KEY), sent.includes(OAUTH)]).toEqual([false, true])
  const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect([call.key, call.credential?.slice(-4)]).toEqual(['admin', '6789'])
})

test('a configured credential header is for those who show a Weir key, and is said on the call', async () => {
  const stranger = await post('/openai/v1/chat/completions', {})
  expect([stranger.status, stranger.headers.get('x-weir-error')]).toEqual([401, 'credential_required'])
  const own = await post('/openai/v1/chat/completions', { authorization: 'Bearer sk-own-0123456789abcdef' })
  expect([own.status, provider.last().headers.authorization, provider.last().headers['x-team']]).toEqual([
    200,
    'Bearer sk-own-0123456789abcdef',
    'search',
  ])
  const trusted = await post('/openai/v1/chat/completions', { 'x-weir-key': KEY })
  expect(provider.last().headers.authorization).toBe('Bearer CONFIGURED')
  const call = await weir.recorded(trusted.headers.get('x-weir-call-id')!)
  expect(call.changes.map((change) => change.what)).toEqual(['headers set: X-Team', 'headers set: Authorization'])
})

test('cookies, signed addresses and percent-encoded parameter names do not reach the disk', async () => {
  const answer = await post('/anthropic/v1/messages?a=1&%6bey=CANARY-in-query', {
    cookie: 'a=CANARY-one; session=CANARY-two',
    'x-auth': 'CANARY-auth',
    referer: 'https://x.example/?token=CANARY-referer',
  })
  await weir.recorded(answer.headers.get('x-weir-call-id')!)
  await weir.close()
  for (const file of files(weir.dataDir)) expect([file, readFileSync(file).includes('CANARY')]).toEqual([file, false])
})

const files = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? files(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [],
    )
  } catch {
    return []
  }
}
