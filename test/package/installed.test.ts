// What a user gets from the registry: the tarball, installed into an empty folder without any install script, starts, passes a call
// through and shows its row. Everything that only works inside the repository fails here.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { createParser } from 'eventsource-parser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Call } from '../../server/call.ts'
import { type FakeProvider, startProvider } from '../support/provider.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
/** npm runs on whatever Node is asked for first; the package needs the one that runs this test. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
const npm = (cwd: string, ...args: string[]) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env })

const ANSWER = JSON.stringify({
  id: 'chatcmpl-package',
  object: 'chat.completion',
  model: 'gpt-5-mini-2025-08-07',
  choices: [{ index: 0, message: { role: 'assistant', content: 'packed and well' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 },
})

let folder: string
let upstream: FakeProvider
let weir: ChildProcess

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-package-'))
  upstream = await startProvider((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER)
  })

  const packed = JSON.parse(
    (await npm(root, 'pack', '--json', '--pack-destination', folder)).stdout.replace(/^[^[{]*/, ''),
  )
  const { filename } = (Array.isArray(packed) ? packed : Object.values(packed))[0] as { filename: string }
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  await npm(folder, 'install', '--prefer-offline', '--ignore-scripts', `./${filename}`)
})

afterAll(async () => {
  if (weir?.exitCode === null && weir.signalCode === null) {
    weir.kill('SIGKILL')
    await once(weir, 'exit')
  }
  await upstream?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** Starts the installed command and reads its base address from the lines that it greets with. */
const startInstalled = async (): Promise<string> => {
  weir = spawn(join(folder, 'node_modules/.bin/weir'), ['--port', '0', '--data', join(folder, 'data')], {
    cwd: folder,
    env: { ...env, WEIR_PROVIDERS_OPENAI_BASE_URL: upstream.url, WEIR_DRAIN_DELAY: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: weir.stdout! })) {
    const url = /Dashboard\s+(\S+)\/app/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error(`weir ended with ${weir.exitCode} before it said where it is`)
}

/** The call that `begin` makes, as the live stream tells it once it is stored. */
const recordedAfter = async (url: string, begin: () => Promise<unknown>): Promise<Pick<Call, 'id'>> => {
  const live = await fetch(`${url}/api/live`)
  await begin()
  const told: Pick<Call, 'id'>[] = []
  const parser = createParser({ onEvent: ({ event, data }) => event === 'recorded' && told.push(JSON.parse(data)) })
  const decoder = new TextDecoder()
  for await (const bytes of live.body!) {
    parser.feed(decoder.decode(bytes, { stream: true }))
    if (told[0]) return told[0]
  }
  throw new Error('the live stream ended before the call was recorded')
}

test('the tarball holds the bundle and nothing of the sources', async () => {
  const installed = join(folder, 'node_modules/weir-gateway')
  const files = (await readdir(installed, { recursive: true })).map((file) => file.replaceAll('\\', '/'))
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/main.js',
      'dist/weir.js',
      'dist/recorder.js',
      'dist/reader.js',
      'dist/control.js',
      'dist/web/index.html',
    ]),
  )
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/migrations/sqlite',
      'dist/migrations/postgres',
      'dist/LICENSES.txt',
      'docs/weir.schema.json',
    ]),
  )
  expect(files.filter((file) => /\.(ts|svelte)$|^(server|web|db|test)\//.test(file))).toEqual([])
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  expect(Object.keys(dependencies)).toEqual(['better-sqlite3'])
})

test('it starts, passes a call through byte for byte, records it, and ends in order', async () => {
  const url = await startInstalled()
  let received = ''
  const call = await recordedAfter(url, async () => {
    const response = await fetch(`${url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test-of-the-package' },
      body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'are you there?' }] }),
    })
    received = await response.text()
  })
  expect(received).toBe(ANSWER)

  const row = (await (await fetch(`${url}/api/calls/${call.id}`)).json()) as Call
  expect(row).toMatchObject({
    provider: 'openai',
    model: 'gpt-5-mini',
    outcome: 'ok',
    status: 200,
    usage: { input: 11, output: 4 },
    usageSource: 'provider',
  })
  const dashboard = await fetch(`${url}/app/`)
  expect(dashboard.headers.get('content-type')).toMatch(/^text\/html/)

  weir.kill('SIGTERM')
  const [code] = await once(weir, 'exit')
  expect(code).toBe(0)
})

test('its commands work on what it recorded', async () => {
  const weirCommand = (...args: string[]) =>
    run(join(folder, 'node_modules/.bin/weir'), [...args, '--data', join(folder, 'data')], { cwd: folder, env })
  const { stdout } = await weirCommand('export', '--q', 'model:gpt-5-mini')
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Call).responseModel),
  ).toEqual(['gpt-5-mini-2025-08-07'])
  expect((await weirCommand('prune')).stdout).toMatch(
    /^Removed the content of 0 calls and 0 calls whole; \d+ bytes remain\.$/m,
  )
})
