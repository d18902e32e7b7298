// Ctrl-C at a terminal: no balancer is behind it, so Weir does not wait for one; and npm sends every Ctrl-C twice.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startProvider } from '../support/provider.ts'

const main = join(import.meta.dirname, '../../server/main.ts')

const startCommand = async (drainDelay: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-interrupt-'))
  const asked = Promise.withResolvers<ServerResponse>()
  const provider = await startProvider((_request, response) => asked.resolve(response))
  const weir = spawn(process.execPath, [main, '--port', '0', '--data', join(folder, 'data')], {
    cwd: folder,
    env: { PATH: process.env['PATH'], WEIR_PROVIDERS_OPENAI_BASE_URL: provider.url, WEIR_DRAIN_DELAY: drainDelay },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(async () => {
    if (weir.exitCode === null && weir.signalCode === null) {
      weir.kill('SIGKILL')
      await once(weir, 'exit')
    }
    await provider.close()
    await rm(folder, { recursive: true, force: true })
  })
  const errors = createInterface({ input: weir.stderr })[Symbol.asyncIterator]()
  for await (const line of createInterface({ input: weir.stdout })) {
    const url = /Dashboard\s+(\S+)\/app/.exec(line)?.[1]
    if (url)
      return {
        weir,
        url,
        asked: asked.promise,
        ended: once(weir, 'exit'),
        /** The first line on standard error that says this; a container has a word on loopback addresses before it. */
        complaint: async (said: RegExp) => {
          for (;;) {
            const { value, done } = await errors.next()
            if (done) throw new Error(`Weir ended without saying ${said}`)
            if (said.test(String(value))) return
          }
        },
      }
  }
  throw new Error('weir ended before it was open')
}

test('SIGINT does not wait out the drain delay', async () => {
  const { weir, ended } = await startCommand('1h')
  weir.kill('SIGINT')
  expect((await ended)[0]).toBe(0)
})

test('the second SIGINT of one key press does not cut off the call in flight', async () => {
  const { weir, url, asked, ended, complaint } = await startCommand('0')
  const answer = fetch(`${url}/openai/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}' })
  const upstream = await asked
  weir.kill('SIGINT')
  await complaint(/SIGINT: draining/)
  weir.kill('SIGINT')
  upstream.end('{"late":true}')
  expect(await (await answer).text()).toBe('{"late":true}')
  expect((await ended)[0]).toBe(0)
})
