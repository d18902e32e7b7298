// SIGTERM lets the calls in flight finish and then ends with 0; a second one ends at once. The port that is taken says so.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startProvider } from '../support/provider.ts'

const main = join(import.meta.dirname, '../../server/main.ts')

const startCommand = async (...args: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-signals-'))
  const asked = Promise.withResolvers<ServerResponse>()
  const provider = await startProvider((_request, response) => asked.resolve(response))
  const weir = spawn(process.execPath, [main, '--data', join(folder, 'data'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], WEIR_PROVIDERS_OPENAI_BASE_URL: provider.url, WEIR_DRAIN_DELAY: '0' },
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
  return { weir, asked: asked.promise }
}

/** The first match in what it says on one of its outputs. */
const said = async (weir: ChildProcess, where: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> => {
  for await (const line of createInterface({ input: weir[where]! })) {
    const found = pattern.exec(line)
    if (found) return found
  }
  throw new Error(`weir ended before it said ${pattern} on ${where}`)
}

const urlOf = async (weir: ChildProcess) => (await said(weir, 'stdout', /Dashboard\s+(\S+)\/app/))[1]!

const call = (url: string) =>
  fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-x' },
    body: '{"model":"m"}',
  })

test('after SIGTERM a call in flight is answered, then the process ends with 0', async () => {
  const { weir, asked } = await startCommand('--port', '0')
  const answer = call(await urlOf(weir))
  const upstream = await asked
  const draining = said(weir, 'stderr', /SIGTERM: draining/)
  weir.kill('SIGTERM')
  await draining
  upstream.end('{"late":true}')
  expect(await (await answer).text()).toBe('{"late":true}')
  if (weir.exitCode === null) await once(weir, 'exit')
  expect(weir.exitCode).toBe(0)
})

test('a second SIGTERM ends at once, with the exit code of a signal', async () => {
  const { weir, asked } = await startCommand('--port', '0')
  const answer = call(await urlOf(weir)).catch((error: unknown) => error)
  await asked
  const draining = said(weir, 'stderr', /SIGTERM: draining/)
  weir.kill('SIGTERM')
  await draining
  weir.kill('SIGTERM')
  const [code] = await once(weir, 'exit')
  expect(code).toBe(143)
  expect(await answer).toBeInstanceOf(Error)
})

test('a port that is taken is named, with what to do', async () => {
  const { weir } = await startCommand('--port', '0')
  const port = new URL(await urlOf(weir)).port
  const { weir: second } = await startCommand('--port', port)
  const ended = once(second, 'exit')
  await said(second, 'stderr', new RegExp(`^Port ${port} on 127.0.0.1 is taken: .*--port`))
  expect((await ended)[0]).toBe(1)
})
