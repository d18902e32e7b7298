// Quality rules: an answer that came whole and is not what was asked for leads to the next target. Every try is a row with its cost.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, chatAnswer, chatStream, json, stream } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

const choice = (message: Record<string, unknown>, finish_reason = 'stop') =>
  json(chatAnswer('', { choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }] }))
const cutOff = choice({ content: 'The answer is' }, 'length')
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const wantsCity = { response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } } }
const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }

test.each<[what: string, answer: Answer, rule: string, body: Record<string, unknown>, reason: string]>([
  ['nothing', choice({ content: '' }), 'empty', {}, 'there is nothing in it'],
  ['thoughts alone', choice({ content: null, reasoning_content: 'hm' }), 'empty', {}, 'there is nothing in it'],
  ['a refusal', choice({ content: null, refusal: 'I cannot.' }), 'refusal', {}, 'the model refused'],
  ['half an answer', cutOff, 'length', {}, 'it ended with length'],
  [
    'a filtered answer',
    choice({ content: 'x' }, 'content_filter'),
    'content_filter',
    {},
    'it ended with content_filter',
  ],
  ['no JSON', ok('Sure: {'), 'json', wantsCity, 'it is not JSON'],
  ['JSON of another shape', ok('{"town":"Bern"}'), 'json', wantsCity, "must have required property 'city'"],
])('%s', async (_, answer, rule, body, reason) => {
  house.setUp({ answers: [answer, ok('{"city":"Bern"}')], route: { quality: [rule] } })
  const response = await house.ask(body)
  expect(response.headers.get('x-weir-target')).toBe(`b/${house.model('b')}`)
  expect(await response.text()).toContain('Bern')
  const row = await house.weir.recorded(callId(response))
  expect(row).toMatchObject({ outcome: 'ok', provider: 'b' })
  expect(row.attempts[0]!.reason).toContain(`; quality rule ${rule}: `)
  expect(row.attempts[0]!.reason).toMatch(/so the next was tried$/)
  expect(row.attempts[0]!.error).toContain(reason)
  // Nobody leaves a target alone because of what it wrote.
  await expect(house.weir.api('/routes')).resolves.toMatchObject({
    routes: [{ targets: [{ state: 'ok', errorShare1h: 0 }, {}] }],
  })
})

test.each<[what: string, answer: Answer, quality: string[], body: Record<string, unknown>]>([
  ['a rule that is not set', cutOff, ['empty', 'refusal'], {}],
  ['a good answer', ok('{"city":"Bern"}'), ['empty', 'refusal', 'length', 'content_filter', 'json'], wantsCity],
  [
    'a tool call is an answer',
    choice({ content: null, tool_calls: [call] }, 'tool_calls'),
    ['empty', 'json'],
    wantsCity,
  ],
  ['no JSON was asked for', ok('prose'), ['json'], {}],
  [
    'a schema that is none',
    ok('{}'),
    ['json'],
    { response_format: { type: 'json_schema', json_schema: { schema: { type: 7 } } } },
  ],
])('passes: %s', async (_, answer, quality, body) => {
  house.setUp({ answers: [answer, ok('second')], route: { quality } })
  const response = await house.ask(body)
  expect(response.headers.get('x-weir-attempts')).toBe('1')
  await response.text()
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('the last target’s answer passes as it came', async () => {
  house.setUp({ answers: [choice({ content: '' }), cutOff], route: { quality: ['empty', 'length'] } })
  const response = await house.ask()
  expect(response.headers.get('x-weir-target')).toBe(`b/${house.model('b')}`)
  expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'length' }] })
})

test('an answer that only a rule gave up is better than the error of what came after it', async () => {
  house.setUp({ answers: [cutOff, fails(503)], route: { quality: ['length'] } })
  const response = await house.ask()
  expect([response.status, response.headers.get('x-weir-target')]).toEqual([200, `a/${house.model('a')}`])
  expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'length' }] })
  const row = await house.weir.recorded(callId(response))
  expect(row).toMatchObject({ outcome: 'ok', usage: { input: 12, output: 5 }, provider: 'a' })
  expect(row.attempts.map(({ status, usage }) => [status, usage])).toEqual([
    [200, { input: 12, output: 5 }],
    [503, null],
  ])
  expect(row.attempts[0]!.reason).toContain('passed on in the end')
})

test('a try that was given up is billed: attempts add up to the call', async () => {
  const prices = ['a', 'b'].map((provider, i) => ({
    provider,
    model: 'model-*',
    inputPerMillion: 1 + i,
    outputPerMillion: 2 + i,
  }))
  house.setUp({ answers: [cutOff, ok()], route: { quality: ['length'] }, config: { prices } })
  const response = await house.ask()
  await response.text()
  const row = await house.weir.recorded(callId(response))
  expect(row.attempts.map(({ usage, costNano }) => [usage, costNano])).toEqual([
    [{ input: 12, output: 5 }, 22_000],
    [{ input: 12, output: 5 }, 39_000],
  ])
  expect(row).toMatchObject({ usage: { input: 24, output: 10 }, usageSource: 'provider', costNano: 61_000 })
  expect(row.costParts!.reduce((sum, part) => sum + part.costNano!, 0)).toBe(61_000)
})

test('a stream is not judged, nor what is too large or compressed; the row says why', async () => {
  house.setUp({ answers: [stream(chatStream([])), ok()], route: { quality: ['empty'] } })
  expect((await house.ask({ stream: true })).headers.get('x-weir-attempts')).toBe('1')

  const large = choice({ content: 'x'.repeat(2 ** 20) }, 'length')
  const packed: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(gzipSync(JSON.stringify(chatAnswer(''))))
  }
  const flowing: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(chatAnswer('y'.repeat(2 ** 20), {})))
  }
  for (const [answer, why] of [
    [large, 'larger than 1024 KiB'],
    [flowing, 'larger than 1024 KiB'],
    [packed, 'compressed (gzip)'],
  ] as const) {
    house.setUp({ answers: [answer, ok()], route: { quality: ['empty', 'length'] } })
    const response = await house.ask()
    expect((await response.json()) as object).toHaveProperty('choices')
    const row = await house.weir.recorded(callId(response))
    expect(row.attempts.map(({ reason }) => reason)).toEqual([expect.stringContaining(`not judged: it is ${why}`)])
  }
})

test('what is bound to an account goes nowhere else, whatever it answers', async () => {
  house.setUp({ answers: [choice({ content: '' }), ok()], route: { quality: ['empty'] } })
  const response = await house.ask({ conversation: 'conv_1' })
  expect(response.headers.get('x-weir-attempts')).toBe('1')
  await response.text()
})
