// Who gave an answer survives a restart: what continues it still goes to the same target.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chatAnswer, json, startProvider } from '../support/provider.ts'
import { startWeir } from '../support/weir.ts'
import { callId, fails, TOKEN } from './house.ts'

test(
  'previous_response_id is found in the database when this process does not know it',
  { timeout: 60_000 },
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'weir-test-'))
    const [a, b] = await Promise.all([
      startProvider(fails(500)),
      startProvider(json(chatAnswer('Hi', { id: 'chatcmpl-7f3a' }))),
    ])
    onTestFinished(async () => {
      await Promise.all([a.close(), b.close()])
      await rm(dataDir, { recursive: true, force: true })
    })
    const open = () =>
      startWeir({
        dataDir,
        providers: { a, b },
        config: {
          adminToken: TOKEN,
          providers: { a: { apiKey: 'sk-a' }, b: { apiKey: 'sk-b' } },
          routes: { fast: { targets: ['a/m', 'b/m'] } },
        },
      })
    const ask = (url: string, more: Record<string, unknown> = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-weir-key': TOKEN },
        body: JSON.stringify({ model: 'fast', ...more }),
      })

    const before = await open()
    const first = await ask(before.url)
    expect(first.headers.get('x-weir-target')).toBe('b/m')
    await before.recorded(callId(first))
    await before.close()

    a.answer(json(chatAnswer()))
    const after = await open()
    onTestFinished(() => after.close())
    // A reader thread is there: on a busy machine its start takes longer than a call may wait.
    await after.api('/calls?limit=1')
    const next = await ask(after.url, { previous_response_id: 'chatcmpl-7f3a' })
    expect(next.headers.get('x-weir-target')).toBe('b/m')
    expect((await ask(after.url, { previous_response_id: 'chatcmpl-unknown' })).headers.get('x-weir-target')).toBe(
      'a/m',
    )
  },
)
