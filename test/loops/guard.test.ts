// A run that turns in circles is told so, in words that it can act on; nobody else is touched, and a person can let it go on.
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../server/loops/finding.ts'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'
import { json } from '../support/provider.ts'

let house: ClientHouse
type Messages = OpenAI.ChatCompletionMessageParam[]

beforeAll(async () => {
  house = await openClientHouse(['openai'], { loops: { action: 'block', release: '10m' } })
  house.answer((request, response, incoming) =>
    json(callsTool(request.json.messages.length))(request, response, incoming),
  )
})
afterAll(() => house?.close())

/** The model wants the same again, whatever it is told. */
const callsTool = (n: number) => ({
  id: `chatcmpl-${n}`,
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-mini',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: `call_${n}`, type: 'function', function: { name: 'search', arguments: '{"q":"weir"}' } }],
      },
    },
  ],
  usage: { prompt_tokens: 50 * n, completion_tokens: 9, total_tokens: 50 * n + 9 },
})

const client = (session: string | null, key = 'sk-test-1') =>
  new OpenAI({
    apiKey: key,
    baseURL: house.at('/openai/v1'),
    maxRetries: 2,
    defaultHeaders: session === null ? {} : { 'x-weir-session': session },
  })

/** One turn: asks, and waits until Weir has recorded it. */
async function turn(by: OpenAI, messages: Messages): Promise<Messages> {
  const { data, response } = await by.chat.completions.create({ model: 'gpt-5-mini', messages }).withResponse()
  await house.weir.recorded(response.headers.get('x-weir-call-id')!)
  const said = data.choices[0]!.message
  return [...messages, said, { role: 'tool', tool_call_id: said.tool_calls![0]!.id, content: 'nothing found' }]
}

async function fourTurns(by: OpenAI, prompt: string): Promise<Messages> {
  let messages: Messages = [{ role: 'user', content: prompt }]
  for (let i = 0; i < 4; i++) messages = await turn(by, messages)
  return messages
}

const findings = async (sessionId: string): Promise<Finding[]> =>
  (await house.weir.api(`/findings?sessionId=${encodeURIComponent(sessionId)}`)).items

test('the next call of a looping session is refused in words, and recorded; after a person resolves it, it passes', async () => {
  const by = client('run-1')
  const messages = await fourTurns(by, 'Find the weir.')
  const [finding] = await findings('run-1')
  expect(finding).toMatchObject({ verdict: 'looping', rules: ['repeat'], state: 'open', action: 'block' })
  expect(finding!.evidence[0]!.text).toContain('search was called 4 times with the same arguments')
  expect(finding!.callIds).toHaveLength(4)

  const asked = house.asked().length
  const error = await thrownBy(() => by.chat.completions.create({ model: 'gpt-5-mini', messages }))
  expect(error).toBeInstanceOf(OpenAI.RateLimitError)
  expect(error).toMatchObject({ status: 429, code: 'loop_blocked' })
  expect(error.message).toContain('turns in circles: search was called 4 times')
  const headers = error['headers'] as Headers
  expect(headers.get('x-weir-error')).toBe('loop_blocked')
  expect(headers.get('x-weir-loop')).toContain(finding!.id)
  expect(headers.get('x-should-retry')).toBe('false')
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(house.asked().length).toBe(asked)
  const refused = await house.weir.recorded(headers.get('x-weir-call-id')!)
  expect(refused).toMatchObject({ outcome: 'refused', errorCode: 'loop_blocked' })

  // Evidence stands on each call, those that were stored before it was known included.
  const first = await house.weir.api(`/calls/${finding!.callIds[0]}`)
  expect(first.findings).toEqual([finding!.id])

  const resolved = await fetch(house.at(`/api/findings/${finding!.id}/resolve`), { method: 'POST' })
  expect(await resolved.json()).toMatchObject({ id: finding!.id, state: 'resolved' })
  await turn(by, messages)
  expect(await findings('run-1')).toHaveLength(1)
})

test('another session with the same words and the same key is left alone', async () => {
  await fourTurns(client('run-2'), 'Find the weir.')
  await turn(client('run-3'), [{ role: 'user', content: 'Find the weir.' }])
  expect(await findings('run-3')).toEqual([])
})

test('an unknown finding is 404, and what cannot be a finding 400', async () => {
  const post = async (path: string) => (await fetch(house.at(`/api/findings/${path}`), { method: 'POST' })).status
  expect(await post('f_nobody/mute')).toBe(404)
  expect(await post('nobody/mute')).toBe(400)
})

test('/api/loops shows what is in force', async () => {
  const loops = await house.weir.api('/loops')
  expect(loops).toMatchObject({ action: 'block', releaseMs: 600_000, throttleMs: 5000, keys: {} })
  expect(loops.rules.map(({ name }: { name: string }) => name)).toEqual([
    'repeat',
    'cycle',
    'echo',
    'error',
    'ramp',
    'velocity',
    'stall',
  ])
  expect(loops.rules[0].thresholds).toEqual({ same: 3, any: 8 })
})

test('a run whose session nobody declared is known by its conversation', async () => {
  const by = client(null)
  const messages = await fourTurns(by, 'Find the weir without a name.')
  const error = await thrownBy(() => by.chat.completions.create({ model: 'gpt-5-mini', messages }))
  expect(error).toMatchObject({ status: 429, code: 'loop_blocked' })
  // The same words with another credential are another's.
  await turn(client(null, 'sk-test-2'), messages)
  // And a new conversation of the same one is no loop.
  await turn(by, [{ role: 'user', content: 'Something else.' }])
})

test('set milder by a reload, the run is held back and told by a header, and its call says why', async () => {
  house.weir.configure({ loops: { action: 'throttle', throttle: '20ms', release: '10m' } })
  const by = client('run-4')
  const messages = await fourTurns(by, 'Find the weir once more.')
  const { response } = await by.chat.completions.create({ model: 'gpt-5-mini', messages }).withResponse()
  const [finding] = await findings('run-4')
  expect(response.headers.get('x-weir-loop')).toBe(`${finding!.id}; looping; repeat`)
  const call = await house.weir.recorded(response.headers.get('x-weir-call-id')!)
  expect(call.changes).toContainEqual({
    what: 'held back for 0.02 s',
    why: `loops: this run turns in circles (${finding!.id})`,
  })
})
