// Who ended a WebSocket first decides how the calls on it ended: a provider that breaks off is not the client's doing.
import type { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, rowsOf, type SocketProvider, startSocketProvider } from '../support/sockets.ts'
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

const begin = { type: 'response.created', response: { id: 'resp_1', model: 'gpt-5-mini' } }
const done = {
  type: 'response.completed',
  response: { id: 'resp_1', status: 'completed', model: 'gpt-5-mini', usage: { input_tokens: 3, output_tokens: 1 } },
}
const say = (ws: { send(text: string): void }, event: unknown) => ws.send(JSON.stringify(event))
const asked = { type: 'response.create', model: 'gpt-5-mini', input: 'hello' }

describe.each([true, false])('compression %s', (compress) => {
  test('a provider that closes in the middle of a response', async () => {
    provider.onFrame((ws) => (say(ws, begin), ws.close(1011, 'boom')))
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send(asked)
    expect(await client.closed).toBe(1011)
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(turns[0]).toMatchObject({
      outcome: 'upstream_abort',
      errorCode: 'upstream_reset',
      status: 101,
      model: 'gpt-5-mini',
    })
    expect(turns[0]!.errorMessage).toContain('openai closed the WebSocket with 1011 (boom)')
    expect(handshake).toMatchObject({ outcome: 'upstream_abort' })
  })

  test('a provider that breaks the connection in the middle of a response', async () => {
    provider.onFrame((ws) =>
      ws.send(JSON.stringify(begin), () => (ws as unknown as { _socket: Socket })._socket.resetAndDestroy()),
    )
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send(asked)
    expect(await client.closed).toBe(1006)
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(turns[0]).toMatchObject({ outcome: 'upstream_abort', errorCode: 'upstream_reset' })
    expect(handshake).toMatchObject({ outcome: 'upstream_abort' })
  })

  test('a client that says goodbye in the middle of a response', async () => {
    provider.onFrame((ws) => say(ws, begin))
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send(asked)
    await client.saw('response.created')
    client.ws.close(1000)
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(turns[0]).toMatchObject({ outcome: 'client_abort', errorCode: 'client_gone' })
    expect(handshake).toMatchObject({ outcome: 'ok', errorCode: null })
  })

  test('a client that vanishes in the middle of a response ends the upstream too', async () => {
    const left = Promise.withResolvers<void>()
    provider.onFrame((ws) => (ws.on('close', () => left.resolve()), say(ws, begin)))
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send(asked)
    await client.saw('response.created')
    client.ws.terminate()
    await left.promise
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(turns[0]).toMatchObject({ outcome: 'client_abort', errorCode: 'client_gone' })
    expect(handshake).toMatchObject({ outcome: 'client_abort' })
  })

  test.each(['client', 'provider'])('a clean close between responses, by the %s', async (who) => {
    provider.onFrame((ws) => (say(ws, begin), say(ws, done), who === 'provider' && ws.close(1000)))
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send(asked)
    await client.saw('response.completed')
    if (who === 'client') client.ws.close(1000)
    expect(await client.closed).toBe(1000)
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect([handshake.outcome, turns[0]!.outcome]).toEqual(['ok', 'ok'])
  })

  test('a response that is ended by hand is an error, and both ends are let go', async () => {
    const left = Promise.withResolvers<void>()
    provider.onFrame((ws) => (ws.on('close', () => left.resolve()), say(ws, begin)))
    const client = await connect(weir, '/openai/v1/responses', { compress })
    client.send(asked)
    await client.saw('response.created')
    const running = (
      (await weir.api('/calls')).items as {
        id: string
        outcome: string
        operation: string
        method: string
        auxiliary: boolean
        model: string
      }[]
    ).filter((call) => call.outcome === 'running')
    expect(running.map(({ operation, method, auxiliary }) => ({ operation, method, auxiliary }))).toEqual([
      { operation: 'responses', method: 'WEBSOCKET', auxiliary: false },
      { operation: 'websocket', method: 'GET', auxiliary: true },
    ])
    expect(running[0]!.model).toBe('gpt-5-mini')
    expect((await fetch(`${weir.url}/api/calls/${running[0]!.id}/cancel`, { method: 'POST' })).status).toBeLessThan(300)
    await Promise.all([client.closed, left.promise])
    const { handshake, turns } = await rowsOf(weir, before, 1)
    expect(turns[0]).toMatchObject({ outcome: 'error', errorCode: 'canceled' })
    expect(handshake).toMatchObject({ outcome: 'error', errorCode: 'canceled' })
  })
})
