// What a key may not do is refused before a byte goes upstream, in words that say what is allowed. Nothing that hides the model from
// Weir is a way around the list.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { idOf, type KeyHouse, openKeyHouse, refusal } from './house.ts'

let house: KeyHouse
let small: string
beforeAll(async () => {
  house = await openKeyHouse({ clientIp: true, trustedProxies: ['127.0.0.1'] })
  small = await house.make('small', { models: ['gpt-5*', 'anthropic/claude-*'] })
})
afterAll(() => house.close())

const post = (path: string, body: BodyInit | undefined, headers: Record<string, string> = {}) =>
  fetch(house.weir.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${small}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  })

test('models: patterns over what was asked for, with and without the provider before it', async () => {
  expect((await house.chat(small, { model: 'gpt-5-mini' })).status).toBe(200)
  expect((await house.chat(small, { model: 'openai/gpt-5-mini', path: '/v1/chat/completions' })).status).toBe(200)
  expect((await house.chat(small, { model: 'claude-sonnet-4-5', path: '/anthropic/v1/messages' })).status).toBe(200)
  const answer = await house.chat(small, { model: 'o9-pro' })
  const id = idOf(answer)
  const [status, code, message] = await refusal(answer)
  expect([status, code]).toEqual([403, 'model_not_allowed'])
  expect(message).toContain('"small" may not use the model "o9-pro". Allowed: gpt-5*, anthropic/claude-*.')
  expect(answer.headers.get('x-should-retry')).toBe('false')
  expect(await house.weir.recorded(id)).toMatchObject({ outcome: 'refused', key: 'small', attempts: [] })
})

test('a model that Weir cannot see is not allowed', async () => {
  const before = house.provider.requests.length
  const refused = [
    await post('/openai/v1/chat/completions', '{"messages":[]}'),
    await post('/openai/v1/audio/transcriptions', new Blob(['x']), { 'content-type': 'application/octet-stream' }),
    await post('/openai/v1/chat/completions', '{"model":"gpt-5-mini","\\u006dodel":"o9-pro"}'),
    await post('/openai/v1/batches', '{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}'),
    await post('/gemini/v1beta/models/gemini-pro:generateContent', '{"model":"gpt-5"}'),
    await post('/openai/v1/chat/completions', gzipSync('{"model":"o9-pro"}'), { 'content-encoding': 'gzip' }),
  ]
  for (const answer of refused)
    expect([answer.status, answer.headers.get('x-weir-error')]).toEqual([403, 'model_not_allowed'])
  expect(house.provider.requests.length).toBe(before)
})

test('what generates nothing needs no model, and a compressed body is opened to see it', async () => {
  const list = await fetch(`${house.weir.url}/openai/v1/files`, { headers: { authorization: `Bearer ${small}` } })
  expect(list.status).toBe(200)
  const body = '{"model":"gpt-5-mini","messages":[]}'
  const answer = await post('/openai/v1/chat/completions', gzipSync(body), { 'content-encoding': 'gzip' })
  expect([answer.status, house.provider.last().text]).toEqual([200, body])
  const call = await house.weir.recorded(idOf(answer))
  expect(call.changes.map(({ why }) => why)).toContain('the key may be used for some models only')
})

test('providers', async () => {
  const secret = await house.make('only-anthropic', { providers: ['anthropic'] })
  expect((await house.chat(secret, { path: '/anthropic/v1/messages' })).status).toBe(200)
  for (const path of ['/openai/v1/chat/completions', '/v1/chat/completions']) {
    const [status, , message] = await refusal(await house.chat(secret, { path, model: 'openai/gpt-5' }))
    expect([status, message]).toEqual([
      403,
      expect.stringContaining('may not use the provider "openai". Allowed: anthropic'),
    ])
  }
})

test('addresses: the peer, or what a trusted proxy says of it, before the body is read', async () => {
  const secret = await house.make('office', { ips: ['10.1.0.0/16', '2001:db8::7'] })
  const from = (address: string) => house.chat(secret, { headers: { 'x-forwarded-for': address } })
  expect((await from('10.1.2.3')).status).toBe(200)
  expect((await from('2001:db8::7')).status).toBe(200)
  expect((await from('10.2.2.3')).status).toBe(403)
  expect((await refusal(await from('10.2.2.3')))[2]).toContain(
    'may not be used from 10.2.2.3. Allowed: 10.1.0.0/16, 2001:db8::7.',
  )
  expect((await house.chat(secret)).status).toBe(403)
})

test('routes: such a key is for these routes and nothing else', async () => {
  const secret = await house.make('routed', { routes: ['fast'] })
  expect((await refusal(await house.chat(secret)))[2]).toContain('may not be used without a route. Allowed: fast.')
})
