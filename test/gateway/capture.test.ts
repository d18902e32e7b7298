// How much is kept: the strictest of setting, provider and call wins; bytes pass all the same, and tokens and cost stay complete.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider(json(chatAnswer('a secret answer')))
  weir = await startWeir({
    providers: { openai: provider, groq: provider },
    config: { capture: { bodies: 'full', maxBytes: '1KiB' }, providers: { groq: { capture: 'off' } } },
  })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const post = async (
  path: string,
  headers: Record<string, string> = {},
  body = '{"model":"gpt-5-mini","messages":[{"role":"user","content":"a secret question"}]}',
) => {
  const answer = await fetch(weir.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  expect(((await answer.json()) as any).choices[0].message.content).toBe('a secret answer')
  return weir.recorded(answer.headers.get('x-weir-call-id')!)
}

test.each([
  ['/openai/v1/chat/completions', {}, 'full'],
  ['/openai/v1/chat/completions', { 'x-weir-capture': 'metadata' }, 'metadata'],
  ['/openai/v1/chat/completions', { 'helicone-omit-request': 'true' }, 'metadata'],
  ['/groq/openai/v1/chat/completions', { 'x-weir-capture': 'full' }, 'off'],
])('%s with %j is captured as %s', async (path, headers, capture) => {
  const call = await post(path, headers as Record<string, string>)
  expect(call).toMatchObject({
    capture,
    usage: { input: 12, output: 5 },
    usageSource: 'provider',
    finishReason: 'stop',
  })
  const kept = await fetch(`${weir.url}/api/calls/${call.id}/response`)
  expect(kept.status).toBe(capture === 'full' ? 200 : 404)
})

test('above the capture limit length and SHA-256 of the whole body are kept, with the beginning', async () => {
  const body = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'x'.repeat(5000) }] })
  const call = await post('/openai/v1/chat/completions', {}, body)
  const { createHash } = await import('node:crypto')
  expect(call).toMatchObject({
    truncated: true,
    requestBytes: body.length,
    requestSha256: createHash('sha256').update(body).digest('hex'),
    responseSha256: null,
  })
  const kept = await (await fetch(`${weir.url}/api/calls/${call.id}/request`)).text()
  expect(kept).toBe(body.slice(0, 1024))
})
