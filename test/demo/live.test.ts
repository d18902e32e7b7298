// The demo is Weir with made-up clients and providers: all dialects come by, every call is marked, and nothing leaves the machine.
import diagnostics from 'node:diagnostics_channel'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startDemo, tempFolder } from './support.ts'

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\..*)$/

test('every dialect is recorded and marked as demo; whatever the configuration says, only loopback is talked to', async () => {
  const reached: (string | undefined)[] = []
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.once('connect', () => reached.push(socket.remoteAddress))
  }
  diagnostics.subscribe('net.client.socket', onSocket)
  onTestFinished(() => void diagnostics.unsubscribe('net.client.socket', onSocket))

  const data = await tempFolder()
  const elsewhere = await tempFolder()
  const file = join(elsewhere, 'weir.yaml')
  await writeFile(
    file,
    'providers:\n  openai: { baseUrl: https://api.openai.com, proxy: http://192.0.2.1:3128 }\n  ours: { baseUrl: http://192.0.2.7 }\n',
  )
  const demo = await startDemo({ data, file })

  const kinds = ['anthropic-messages', 'gemini', 'openai-chat', 'openai-embeddings', 'openai-responses']
  await demo.until((calls) =>
    kinds.every((kind) => calls.some((call) => call.dialect === kind && call.outcome === 'ok')),
  )
  expect((await demo.api('/status')).demo).toBe(true)

  const headers = await demo.api(`/calls/${demo.calls[0]!.id}/headers`)
  expect(headers.request.map(([name]: [string]) => name)).toContain('x-demo-call')
  expect(demo.calls.filter((call) => call.decodeError !== null)).toEqual([])
  expect(demo.calls.every((call) => call.capture === 'full')).toBe(true)

  await demo.end()
  expect(reached.length).toBeGreaterThan(0)
  expect(reached.filter((address) => !LOOPBACK.test(address ?? ''))).toEqual([])
})

test('someone’s own client gets an answer that says that it is the demo, in its dialect', async () => {
  const demo = await startDemo({ data: await tempFolder(), crowd: 0 })
  const post = async (path: string, body: object) =>
    (await fetch(`${demo.url}${path}`, { method: 'POST', body: JSON.stringify(body) })).text()

  const chat = await post('/openai/v1/chat/completions', {
    model: 'gpt-5.4',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(JSON.parse(chat).choices[0].message.content).toContain('made up')
  const messages = await post('/anthropic/v1/messages', { model: 'claude-sonnet-4-6', stream: true, messages: [] })
  expect(messages).toMatch(/event: message_stop\n/)
  const other = await post('/openai/v1/images/generations', { model: 'gpt-image-1' })
  expect(JSON.parse(other).error.message).toContain('Start Weir without --demo')
})
