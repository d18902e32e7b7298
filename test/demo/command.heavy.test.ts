// `weir --demo` at a terminal: it says that it is the demo, keeps apart from real calls, and ends at once on Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from './support.ts'

const main = join(import.meta.dirname, '../../server/main.ts')

function weir(cwd: string, ...args: string[]) {
  const child = spawn(process.execPath, [main, '--port', '0', ...args], {
    cwd,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { child, ended: once(child, 'exit') as Promise<[number | null]> }
}

/** Everything on one output up to the line that matches. */
async function said(child: ChildProcess, where: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
  let text = ''
  for await (const line of createInterface({ input: child[where]! })) {
    text += `${line}\n`
    if (pattern.test(line)) return text
  }
  throw new Error(`weir ended before it said ${pattern}: ${text}`)
}

test('it says that its traffic is made up, does not read weir.yaml, and on SIGINT ends in order with all its calls', async () => {
  const folder = await tempFolder()
  await writeFile(join(folder, 'weir.yaml'), 'this: is not for the demo\n')
  const { child, ended } = weir(folder, '--demo')
  const text = await said(child, 'stdout', /Config/)
  expect(text).toContain('demo: the traffic is made up')
  const url = /Dashboard\s+(\S+)\/app/.exec(text)![1]!
  await callsBegin(url, 5)

  child.kill('SIGINT')
  expect((await ended)[0]).toBe(0)
  expect(await readdir(join(folder, 'demo-data'))).toContain('DEMO')

  const real = weir(folder, '--data', 'demo-data', '--config', await emptyConfig(folder))
  expect(await said(real.child, 'stderr', /./)).toMatch(/are made up: start with --demo, or choose another folder/)
  expect((await real.ended)[0]).toBe(1)
})

/** Settles when so many calls have been announced by the live stream. */
async function callsBegin(url: string, count: number): Promise<void> {
  const leaving = new AbortController()
  const live = await fetch(`${url}/api/live`, { signal: leaving.signal })
  let text = ''
  for await (const bytes of live.body!) {
    text += Buffer.from(bytes).toString()
    if (text.split('event: started').length > count) break
  }
  leaving.abort()
}

test('a folder with other things in it is refused, and so is a database that is not the demo’s own', async () => {
  const folder = await tempFolder()
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'data', 'weir.db'), '')
  const taken = weir(folder, '--demo', '--data', 'data')
  expect(await said(taken.child, 'stderr', /./)).toMatch(/holds other things than a demo/)
  expect((await taken.ended)[0]).toBe(1)

  const shared = weir(folder, '--demo', '--database', 'postgres://weir@127.0.0.1/weir')
  expect(await said(shared.child, 'stderr', /./)).toMatch(/SQLite file of its own/)
  expect((await shared.ended)[0]).toBe(1)
})

const emptyConfig = async (folder: string): Promise<string> => {
  const file = join(folder, 'empty.yaml')
  await writeFile(file, '')
  return file
}
