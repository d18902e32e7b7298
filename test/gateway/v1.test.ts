// Weir's own /v1: the model picks the provider, its prefix is taken out by splicing, and nothing else of the body moves.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let openai: FakeProvider
let groq: FakeProvider
let anthropic: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  ;[openai, groq, anthropic] = await Promise.all([
    startProvider(json(chatAnswer())),
    startProvider(json(chatAnswer())),
    startProvider(
      json({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5',
        content: [],
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    ),
  ])
  weir = await startWeir({ providers: { openai, groq, anthropic } })
})
afterAll(async () => {
  await weir.close()
  await Promise.all([openai.close(), groq.close(), anthropic.close()])
})

const post = (path: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(weir.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

test('provider/model goes to that provider, with the prefix spliced out and the change written down', async () => {
  const answer = await post('/v1/chat/completions', '{ "a": 1.0, "model" : "groq/meta-llama/llama-4" , "messages":[]}')
  expect(groq.last().text).toBe('{ "a": 1.0, "model" : "meta-llama/llama-4" , "messages":[]}')
  expect(groq.last().path).toBe('/openai/v1/chat/completions')
  const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect(call).toMatchObject({
    provider: 'groq',
    model: 'meta-llama/llama-4',
    changes: [
      { what: 'model "groq/meta-llama/llama-4" → "meta-llama/llama-4"', why: '/v1: the prefix names the provider' },
    ],
  })
})

test('/v1/messages is Anthropic', async () => {
  await post('/v1/messages?beta=true', '{"model":"claude-sonnet-4-5","messages":[]}')
  expect(anthropic.last().path).toBe('/v1/messages?beta=true')
})

test('a model that names no provider is refused when several could be meant, with the way to say it', async () => {
  const answer = await post('/v1/chat/completions', '{"model":"gpt-5-mini","messages":[]}')
  expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([400, 'model_required'])
  expect(((await answer.json()) as any).error.message).toContain('"openai/gpt-5-mini"')
})

test('a compressed body is opened to read the model, and goes on plain', async () => {
  const answer = await post('/v1/chat/completions', gzipSync('{"model":"openai/gpt-5-mini","messages":[]}'), {
    'content-encoding': 'gzip',
  })
  expect(openai.last().text).toBe('{"model":"gpt-5-mini","messages":[]}')
  expect(openai.last().headers['content-encoding']).toBeUndefined()
  const call = await weir.recorded(answer.headers.get('x-weir-call-id')!)
  expect(call.changes.map((change) => change.what)).toContain('request body decompressed (gzip)')
})

test('one configured provider is what an unprefixed model means', async () => {
  weir.configure({ providers: { openai: { baseUrl: openai.url } } })
  const lone = await startWeir({ providers: { openai } })
  await fetch(`${lone.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"gpt-5-mini","messages":[]}',
  })
  expect(openai.last().text).toBe('{"model":"gpt-5-mini","messages":[]}')
  await lone.close()
})

test('the model list answers without asking anyone', async () => {
  const before = openai.requests.length
  const list = async () =>
    ((await (await fetch(`${weir.url}/v1/models?limit=1000`)).json()) as any).data.map(
      (model: { id: string }) => model.id,
    )
  // The first question starts a thread; who asks before it can answer does not wait for it.
  await expect.poll(list, { timeout: 10_000 }).toContain('openai/gpt-5-mini')
  expect(openai.requests.length).toBe(before)
})
