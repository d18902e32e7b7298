// Realtime: the model stands in the query, usage in `response.done`, and an `error` event is mostly about something else.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, kept, rowsOf, type SocketProvider, startSocketProvider } from '../support/sockets.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: SocketProvider
let weir: TestWeir
let before = 0

beforeAll(async () => {
  provider = await startSocketProvider()
  weir = await startWeir({ providers: { openai: provider.url } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})
beforeEach(() => void (before = weir.calls.length))

const item = {
  id: 'item_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_audio', transcript: 'Good morning' }],
}
const usage = {
  total_tokens: 30,
  input_tokens: 20,
  output_tokens: 10,
  input_token_details: { text_tokens: 12, audio_tokens: 8, cached_tokens: 0 },
  output_token_details: { text_tokens: 4, audio_tokens: 6 },
}
const done = {
  type: 'response.done',
  response: { id: 'resp_1', object: 'realtime.response', status: 'completed', output: [item], usage },
}
const created = {
  type: 'response.created',
  response: { id: 'resp_1', object: 'realtime.response', status: 'in_progress' },
}
const unrelated = {
  type: 'error',
  error: {
    type: 'invalid_request_error',
    code: 'invalid_value',
    message: 'No such voice.',
    param: 'session.voice',
    event_id: null,
  },
}
const hello = {
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Say good morning' }] },
}
const answering = (...events: unknown[]) =>
  provider.onFrame(
    (ws, frame) => frame.type === 'response.create' && events.forEach((event) => ws.send(JSON.stringify(event))),
  )

describe.each([true, false])('compression %s', (compress) => {
  test('model, usage and words of a turn are read, and an error event in its middle does not end it', async () => {
    answering(created, unrelated, { type: 'response.output_audio_transcript.delta', delta: 'Good' }, done)
    const client = await connect(weir, '/openai/v1/realtime?model=gpt-realtime', { compress })
    client.send({ type: 'session.update', session: { voice: 'cedar' } })
    client.send(hello)
    client.send({ type: 'response.create', response: { output_modalities: ['audio'] } })
    await client.saw('response.done')
    client.ws.close()
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(turns).toHaveLength(1)
    expect(turns[0]).toMatchObject({
      outcome: 'ok',
      dialect: 'openai-other',
      operation: 'realtime',
      method: 'WEBSOCKET',
      auxiliary: false,
      model: 'gpt-realtime',
      usageSource: 'provider',
      usage: { input: 12, audioInput: 8, output: 4, audioOutput: 6 },
      finishReason: 'completed',
    })
    expect(turns[0]!.preview).toContain('Good morning')
    expect(handshake).toMatchObject({ outcome: 'ok', model: 'gpt-realtime', auxiliary: true })
    const { request } = await weir.api(`/calls/${turns[0]!.id}/conversation`)
    expect(request.messages).toMatchObject([{ role: 'user', parts: [{ type: 'text', text: 'Say good morning' }] }])
    expect(
      (await kept(weir, turns[0]!.id, 'request'))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).type),
    ).toEqual(['session.update', 'conversation.item.create', 'response.create'])
  })

  test('a response that could not be created ends with the error that names it; the one under way goes on', async () => {
    let asked = 0
    provider.onFrame((ws, frame) => {
      if (frame.type !== 'response.create') return
      if (++asked === 1) return ws.send(JSON.stringify(created))
      ws.send(
        JSON.stringify({
          type: 'error',
          error: {
            type: 'invalid_request_error',
            code: 'conversation_already_has_active_response',
            message: 'Busy.',
            event_id: frame.event_id,
          },
        }),
      )
      ws.send(JSON.stringify(done))
    })
    const client = await connect(weir, '/openai/v1/realtime?model=gpt-realtime', { compress })
    client.send({ type: 'response.create', event_id: 'evt_1' })
    await client.saw('response.created')
    client.send({ type: 'response.create', event_id: 'evt_2' })
    await client.saw('response.done')
    client.ws.close()
    const { turns } = await rowsOf(weir, before, 2)
    expect(turns.map(({ outcome, errorCode, usage: read }) => [outcome, errorCode, read?.output])).toEqual([
      ['error', 'conversation_already_has_active_response', undefined],
      ['ok', null, 4],
    ])
  })

  test('in the Responses API an error event ends the response', async () => {
    answering({
      type: 'error',
      status: 400,
      error: { type: 'invalid_request_error', code: 'previous_response_not_found', message: 'Gone.' },
    })
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send({ type: 'response.create', model: 'gpt-5-mini', input: 'x' })
    await client.saw('previous_response_not_found')
    const before2 = await weir.recordedCount(before + 1)
    expect(before2.at(-1)).toMatchObject({
      operation: 'responses',
      outcome: 'error',
      errorCode: 'previous_response_not_found',
    })
    client.ws.close()
    await weir.recordedCount(before + 2)
  })
})
