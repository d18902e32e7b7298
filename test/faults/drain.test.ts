// SIGTERM loses nothing and nobody: readyz fails first while calls are still taken (balancers need a moment), then the door closes,
// what is under way ends as it would have, all of it is recorded, and the process ends with 0.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chatAnswer, chatStream, json, startProvider } from '../support/provider.ts'
import { startProcess } from '../support/process.ts'
import { exchange } from '../support/raw-client.ts'
import { CHAT, eventually, STREAM_BODY, stored } from './support.ts'

test(
  'readyz fails, calls are still taken, then refused; a stream under way ends whole and recorded',
  { timeout: 60_000 },
  async () => {
    const words = chatStream(['one', ' two', ' three'])
    const mayEnd = Promise.withResolvers<void>()
    const provider = await startProvider(async (request, response) => {
      if (!request.text.includes('"stream":true')) return json(chatAnswer())(request, response, response.req)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(words[0])
      await mayEnd.promise
      response.end(words.slice(1).join(''))
    })
    const dataDir = await mkdtemp(join(tmpdir(), 'weir-drain-'))
    const options = { dataDir, providers: { openai: provider.url }, env: { WEIR_DRAIN_DELAY: '1500ms' } }
    const weir = await startProcess(options)
    let again: typeof weir | null = null
    onTestFinished(async () => {
      await weir.kill()
      await again?.kill()
      await provider.close()
      await rm(dataDir, { recursive: true, force: true })
    })
    const post = (body: string) =>
      fetch(`${weir.url}${CHAT}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await eventually('ready', async () => (await fetch(`${weir.url}/readyz`)).ok)
    const streaming = await post(STREAM_BODY)

    weir.signal('SIGTERM')
    await weir.said(/SIGTERM: draining/)
    const notReady = await fetch(`${weir.url}/readyz`)
    expect([notReady.status, await notReady.text()]).toEqual([503, 'Weir is shutting down\n'])
    const late = await post('{"model":"m"}')
    expect([late.status, (await late.json()).object]).toEqual([200, 'chat.completion'])

    // The door is closed when nobody answers a new connection any more; the stream is still open then.
    await eventually('no new connection is taken', () =>
      exchange(weir.port, ['GET /healthz HTTP/1.1', 'host: 127.0.0.1', '', '']).then(
        () => false,
        () => true,
      ),
    )
    mayEnd.resolve()
    expect(await streaming.text()).toBe(words.join(''))
    expect(await weir.ended).toBe(0)

    again = await startProcess(options)
    const id = streaming.headers.get('x-weir-call-id')!
    await eventually('the API answers', async () => (await again!.api(`/calls/${id}`)).id === id)
    expect(await again.api(`/calls/${id}`)).toMatchObject({ outcome: 'ok', status: 200 })
    expect(String(await stored(again, id, 'response'))).toBe(words.join(''))
    expect(await again.api(`/calls/${late.headers.get('x-weir-call-id')}`)).toMatchObject({ outcome: 'ok' })
  },
)
