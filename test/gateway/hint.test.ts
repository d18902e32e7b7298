// The most common slip with a base URL is a doubled or missing /v1: when the provider answers 404, Weir says what would have worked.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json({ error: { message: 'not found' } }, { status: 404 }))
  weir = await startWeir({ providers: { openai: provider, anthropic: provider, groq: provider, gemini: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const post = (path: string) =>
  fetch(weir.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":"m"}' })

test.each([
  ['/openai/chat/completions', 'The path has no /v1: the base URL is /openai/v1'],
  ['/openai/v1/v1/chat/completions', 'The version stands twice in the path: the base URL is /openai/v1'],
  ['/anthropic/v1/v1/messages', 'The version stands twice in the path: the base URL is /anthropic'],
  ['/groq/v1/chat/completions', 'The path has no /openai/v1: the base URL is /groq/openai/v1'],
])('%s', async (path, hint) => {
  const answer = await post(path)
  expect(answer.headers.get('x-weir-hint')).toBe(hint)
  expect(await answer.json()).toEqual({ error: { message: 'not found' } })
  expect((await weir.recorded(answer.headers.get('x-weir-call-id')!)).hint).toBe(hint)
})

test.each(['/openai/v1/models/unknown', '/anthropic/v1/messages', '/gemini/v1beta/models/x:generateContent'])(
  '%s is right as it is, so a 404 there is only a 404',
  async (path) => {
    expect((await post(path)).headers.get('x-weir-hint')).toBeNull()
  },
)
