// The control thread: it waits for the recorder's transaction instead of failing, and ends when there is nothing to do.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../db/open.ts'
import { openSqlite } from '../../db/sqlite.ts'
import { createTell, type TellSettings } from '../../server/control/control.ts'

const open = async (settings: Partial<TellSettings> = {}) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-control-'))
  const store = await openStore({ dataDir, database: 'sqlite' })
  const workerUrl = new URL('../../server/control/worker.ts', import.meta.url)
  const tell = createTell({
    workerUrl,
    options: { dataDir, database: 'sqlite', keyHashesKey: null, masterKey: null },
    ...settings,
  })
  onTestFinished(async () => {
    await tell.close()
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { dataDir, tell }
}

const key = (name: string) => ({ name, now: Date.now(), input: {} })

test('while the recorder writes it waits; what is asked for at once is done in order', async () => {
  const { dataDir, tell } = await open()
  await tell('createKey', key('first'))
  const recorder = openSqlite(dataDir)
  recorder.exec('begin immediate')
  const order: string[] = []
  const asked = ['a', 'b'].map((name) => tell('createKey', key(name)).then(() => order.push(name)))
  const after = tell('endKey', { name: 'a', now: 5 })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(order).toEqual([])
  recorder.exec('commit')
  recorder.close()
  await Promise.all(asked)
  expect(order).toEqual(['a', 'b'])
  expect((await after).keys.map(({ name, revokedAt }) => [name, revokedAt])).toEqual([
    ['a', 5],
    ['b', null],
    ['first', null],
  ])
})

test('idle it ends, and the next thing to do starts another', async () => {
  const { tell } = await open({ idleMs: 20 })
  expect(tell.threads()).toBe(0)
  await tell('createKey', key('one'))
  await expect.poll(() => tell.threads(), { timeout: 10_000 }).toBe(0)
  await expect(tell('createKey', key('one'))).rejects.toMatchObject({ code: 'name_taken' })
  expect(tell.threads()).toBe(1)
})

test('closed while it works, it does that first; then it takes nothing more', async () => {
  const { tell } = await open()
  const made = tell('createKey', key('last'))
  await tell.close()
  expect((await made).keys.map(({ name }) => name)).toEqual(['last'])
  await expect(tell('createKey', key('late'))).rejects.toMatchObject({ code: 'write_failed' })
  expect(tell.threads()).toBe(0)
})
