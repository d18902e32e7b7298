// A stored credential is used like one of weir.yaml from the next call on, and no longer from the call after its removal on.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { idOf } from '../keys/house.ts'
import { chatAnswer, json } from '../support/provider.ts'
import { type CredentialHouse, openCredentialHouse, SECRET } from './house.ts'

let house: CredentialHouse
beforeAll(async () => {
  house = await openCredentialHouse({
    providers: {
      openai: {},
      anthropic: { apiKeys: [{ name: 'main', key: 'sk-ant-of-weir-yaml-0123456789', weight: 2 }] },
    },
    routes: {
      fast: { targets: ['openai/gpt-5-mini'] },
      pinned: { targets: [{ target: 'openai/gpt-5-mini', credential: 'spare' }] },
    },
  })
})
afterAll(() => house.close())

const ask = (model: string) => house.chat(house.key, { path: '/v1/chat/completions', model })

test('before there is one the Weir key has nothing to pay with', async () => {
  await house.chat(house.key)
  expect(house.shown()).toBeUndefined()
})

test('added, it pays for the next call; the answer names it and its last four characters', async () => {
  expect(await house.add('main')).toEqual({
    provider: 'openai',
    name: 'main',
    last4: SECRET.slice(-4),
    weight: 1,
    models: null,
    source: 'stored',
    createdAt: expect.any(Number),
    problem: null,
  })
  const answer = await house.chat(house.key)
  expect([answer.status, house.shown()]).toEqual([200, `Bearer ${SECRET}`])
  const call = await house.weir.recorded(idOf(answer))
  expect(call.credential).toMatch(new RegExp(`…${SECRET.slice(-4)}$`))
  const { json: listed } = await house.credentials('GET')
  expect(listed).toMatchObject({
    items: [
      { provider: 'anthropic', name: 'main', last4: '6789', weight: 2, source: 'config' },
      { provider: 'openai', name: 'main', source: 'stored' },
    ],
    problem: null,
  })
})

test('a client’s own credential passes as before', async () => {
  await house.chat('sk-of-the-client-0123456789')
  expect(house.shown()).toBe('Bearer sk-of-the-client-0123456789')
})

test('a route goes on to the next one after a 429, and finds one that is named', async () => {
  const refused = await ask('pinned')
  expect([refused.status, await refused.text()]).toEqual([
    503,
    expect.stringMatching(/no credential \\?"spare\\?" for openai/),
  ])
  await house.add('spare', { secret: 'sk-spare-0123456789abcdef', weight: 0 })
  await ask('pinned')
  expect(house.shown()).toBe('Bearer sk-spare-0123456789abcdef')
  house.provider.answer((request, ...rest) =>
    (request.headers.authorization === `Bearer ${SECRET}`
      ? json({ error: { message: 'slow down' } }, { status: 429 })
      : json(chatAnswer()))(request, ...rest),
  )
  const answer = await ask('fast')
  expect([answer.status, answer.headers.get('x-weir-attempts')]).toEqual([200, '2'])
  expect((await house.weir.recorded(idOf(answer))).attempts[1]!.reason).toBe('the next credential, spare')
  house.provider.answer(json(chatAnswer()))
})

test('a call under way keeps its own; the next does without', async () => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  house.provider.answer(async (request, ...rest) => {
    asked.resolve()
    await goOn.promise
    return json(chatAnswer())(request, ...rest)
  })
  const running = house.chat(house.key)
  await asked.promise
  const removed = await house.credentials('DELETE', '/openai/main')
  expect([removed.status, removed.json.name]).toEqual([200, 'main'])
  goOn.resolve()
  expect((await running).status).toBe(200)
  house.provider.answer(json(chatAnswer()))
  await house.chat(house.key)
  expect(house.shown()).toBe('Bearer sk-spare-0123456789abcdef')
})

test.each([
  [{ name: 'spare' }, 409, 'name_taken'],
  [{ provider: 'anthropic', name: 'main' }, 409, 'read_only'],
  [{ provider: 'opnai', name: 'x' }, 400, 'bad_input'],
  [{ name: '../x' }, 400, 'bad_input'],
  [{ name: 'x', secret: ' ' }, 400, 'bad_input'],
  [{ name: 'x', secret: 'two words' }, 400, 'bad_input'],
  [{ name: 'x', secret: 'wk_a-weir-key-0123456789' }, 400, 'bad_input'],
  [{ name: 'x', models: [] }, 400, 'bad_input'],
])('POST %j is refused: %i %s', async (more, status, code) => {
  const body = { provider: 'openai', secret: 'sk-unused-secret-0123456789', ...more }
  const refused = await house.credentials('POST', '', body)
  expect([refused.status, refused.json.code]).toEqual([status, code])
  if (body.secret.trim() !== '') expect(refused.text).not.toContain(body.secret)
})

test('those of weir.yaml cannot be removed here, and what is not there neither', async () => {
  expect((await house.credentials('DELETE', '/anthropic/main')).json.code).toBe('read_only')
  expect((await house.credentials('DELETE', '/openai/nobody')).json.code).toBe('not_found')
})
