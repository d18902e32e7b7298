// The official `openai` package on Weir's own `/v1`, where the model picks the provider: the prefix is taken out on the way, token
// counts are asked for and hidden from a client that did not ask, and the list of models needs no upstream.
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse } from '../support/client-house.ts'
import { chatEvents, TEXT } from '../support/formats-openai.ts'

let house: ClientHouse
let openai: OpenAI

beforeAll(async () => {
  // The fake stands behind a base URL of its own, where Weir does not ask for usage unless it is told to.
  house = await openClientHouse(['openai', 'groq'], { providers: { openai: { usage: { inject: 'on' } } } })
  openai = new OpenAI({ apiKey: 'sk-test-0123456789abcdef', baseURL: house.at('/v1'), maxRetries: 0 })
})
beforeEach(() => house.reset())
afterAll(() => house?.close())

const messages = [{ role: 'user' as const, content: 'Good day?' }]

test.each([
  ['openai/gpt-5-mini', 'openai', 'gpt-5-mini', '/v1/chat/completions'],
  ['groq/openai/gpt-oss-20b', 'groq', 'openai/gpt-oss-20b', '/openai/v1/chat/completions'],
])('%s goes to %s', async (asked, provider, model, path) => {
  const answer = await openai.chat.completions.create({ model: asked, messages })
  expect(answer.choices[0]!.message.content).toBe(TEXT)
  expect(house.asked().map((request) => [request.path, request.json.model])).toEqual([[path, model]])
  const row = await house.row()
  expect(row).toMatchObject({ provider, model, outcome: 'ok', usage: { input: 12, output: 5 } })
  expect(row.changes.map(({ what }) => what)).toEqual([`model "${asked}" → "${model}"`])
})

test('a stream has exact token counts in its row, and the client sees no event that it did not ask for', async () => {
  let said = ''
  let chunks = 0
  for await (const chunk of await openai.chat.completions.create({
    model: 'openai/gpt-5-mini',
    messages,
    stream: true,
  })) {
    said += chunk.choices[0]!.delta.content ?? ''
    chunks++
  }
  expect([said, chunks]).toEqual([TEXT, chatEvents({}).length - 1])
  expect(house.asked()[0]!.json.stream_options).toEqual({ include_usage: true })
  const row = await house.row()
  expect(row).toMatchObject({ outcome: 'ok', usage: { input: 12, output: 5 }, usageSource: 'provider' })
  expect(row.changes.some(({ what }) => what.includes('include_usage'))).toBe(true)
})

test('the list of models is answered without asking anybody', async () => {
  const list = async () => {
    house.reset()
    return (await Array.fromAsync(openai.models.list())).map((model) => model.id)
  }
  // The first answer never waits for the price list to be read; it is short until then.
  await expect.poll(list, { timeout: 15_000 }).toContain('openai/gpt-5-mini')
  const ids = await list()
  expect(ids.every((id) => /^(?:openai|groq)\//.test(id))).toBe(true)
  expect(ids).toContain('openai/gpt-5-mini')
  expect(house.asked()).toEqual([])
  expect(await house.row()).toMatchObject({ operation: 'models', auxiliary: true, outcome: 'ok', status: 200 })
})
