// A stream that opens with an error event has not begun: nothing of it reaches the client, and the next target is tried.
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, chatStream, sse, stream } from '../support/provider.ts'
import { callId, fails, type House, ok, openHouse, TOKEN } from './house.ts'

let house: House
beforeAll(async () => void (house = await openHouse()))
afterAll(() => house.close())

const overloaded = sse({ error: { message: 'Overloaded', type: 'server_error', code: null } })
const role = chatStream()[0]!

test('an error after pings and an empty role is never seen', async () => {
  const good = chatStream(['Hi', ' you'])
  house.setUp({ answers: [stream([': ping\n\n', role, overloaded]), stream(good)] })
  const response = await house.ask({ stream: true }, { headers: { 'accept-encoding': 'gzip, br' } })
  expect(response.headers.get('x-weir-attempts')).toBe('2')
  expect(await response.text()).toBe(good.join(''))
  expect(house.fakes[0]!.last().headers['accept-encoding']).toBe('identity')
  const call = await house.weir.recorded(callId(response))
  expect(call.attempts[0]).toMatchObject({
    status: 200,
    error: expect.stringContaining('opened its stream with an error'),
  })
  expect(call.changes.map(({ what }) => what).join()).toContain('accept-encoding: identity asked for')
  expect(call).toMatchObject({ outcome: 'ok', stream: true })
})

test('what was held is passed on whole once there is content, byte for byte', async () => {
  const pieces = [': ping\n\n', ...chatStream(['One'])]
  house.setUp({ answers: [stream(pieces, { every: 2 }), ok()] })
  const response = await house.ask({ stream: true })
  expect(await response.text()).toBe(pieces.join(''))
  expect(response.headers.get('x-weir-attempts')).toBe('1')
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('the last target’s stream is not held: its error event passes as it came', async () => {
  house.setUp({ answers: [fails(503), stream([role, overloaded])] })
  const response = await house.ask({ stream: true })
  expect(await response.text()).toBe(role + overloaded)
})

test('pings do not put off the first event: after the deadline the next target is tried', async () => {
  const pings: Answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => response.write(': ping\n\n'), 50)
    response.on('close', () => clearInterval(timer))
  }
  house.setUp({ answers: [pings, stream(chatStream())], config: { timeouts: { firstEvent: '1500ms' } } })
  const response = await house.ask({ stream: true })
  expect(response.headers.get('x-weir-target')).toBe(`b/${house.model('b')}`)
  await response.text()
  expect((await house.weir.recorded(callId(response))).attempts[0]!.error).toContain('timeouts.firstEvent')
})

test('holding is bounded: 64 events without content pass', async () => {
  const many = Array.from({ length: 70 }, (_, i) => `: ping ${i}\n\n`)
  house.setUp({ answers: [stream([...many, overloaded]), ok()] })
  const response = await house.ask({ stream: true })
  expect(await response.text()).toContain('Overloaded')
  expect(house.fakes[1]!.requests).toHaveLength(0)
})

test('after the first byte nothing is tried again: the client gets the dialect’s error, not a second answer', async () => {
  const breaks: Answer = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chatStream()[1]!)
    setTimeout(() => response.destroy(), 30)
  }
  house.setUp({ answers: [breaks, stream(chatStream(['second']))] })
  const response = await house.ask({ stream: true })
  const text = await response.text()
  expect(text).toContain('"error"')
  expect(text).not.toContain('second')
  expect(house.fakes[1]!.requests).toHaveLength(0)
  expect(await house.weir.recorded(callId(response))).toMatchObject({ outcome: 'upstream_abort' })
})

test('openai’s SDK sees one clean answer', async () => {
  house.setUp({ answers: [stream([role, overloaded]), stream(chatStream(['Hi', ' you']))] })
  const client = new OpenAI({ baseURL: `${house.weir.url}/v1`, apiKey: TOKEN, maxRetries: 0 })
  let text = ''
  const events = await client.chat.completions.create({
    model: 'fast',
    stream: true,
    messages: [{ role: 'user', content: 'hi' }],
  })
  for await (const event of events) text += event.choices[0]?.delta.content ?? ''
  expect(text).toBe('Hi you')
})

test('openai’s SDK does not multiply the tries that Weir has made', async () => {
  house.setUp({ answers: [fails(500), fails(503)] })
  const client = new OpenAI({ baseURL: `${house.weir.url}/v1`, apiKey: TOKEN, maxRetries: 2 })
  await expect(
    client.chat.completions.create({ model: 'fast', messages: [{ role: 'user', content: 'hi' }] }),
  ).rejects.toThrow(OpenAI.InternalServerError)
  expect(house.fakes.map(({ requests }) => requests.length)).toEqual([1, 1, 0])
})
