// The planted secret goes in by one request and comes out by none: not in answers, rows, journal, log lines or any file, in whatever form.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { filesWith, idOf } from '../keys/house.ts'
import { type CredentialHouse, openCredentialHouse, SECRET } from './house.ts'

const FORMS = [SECRET, Buffer.from(SECRET).toString('base64').slice(0, -4), Buffer.from(SECRET).toString('hex')]
const holds = (text: string) => FORMS.filter((form) => text.includes(form))

// Several Weirs are started and ended here, one after the other.
vi.setConfig({ testTimeout: 180_000 })

let dataDir: string
let house: CredentialHouse
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'weir-credentials-'))
  house = await openCredentialHouse({ routes: { fast: { targets: ['openai/gpt-5-mini'] } } }, dataDir)
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('no answer of the API tells it, refusals and mistakes included', async () => {
  const told = [JSON.stringify(await house.add('main'))]
  for (const body of [{ name: 'main' }, { provider: 'nobody' }, { name: '../' }, { models: 'x' }, { more: 1 }])
    told.push((await house.credentials('POST', '', { provider: 'openai', name: 'x', secret: SECRET, ...body })).text)
  const broken = await fetch(`${house.weir.url}/api/credentials`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"provider":"openai","name":"x","secret":"${SECRET}",}`,
  })
  told.push(await broken.text(), (await house.credentials('GET')).text)
  for (const path of ['/routes', '/status', '/keys', '/openapi.json'])
    told.push(await (await fetch(`${house.weir.url}/api${path}`)).text())
  expect(told.filter((text) => text === '')).toEqual([])
  expect(told.flatMap(holds)).toEqual([])
})

test('used, it is in no row, and no content of the call names it', async () => {
  for (const path of ['/openai/v1/chat/completions', '/v1/chat/completions']) {
    const answer = await house.chat(house.key, { path, model: path.startsWith('/v1') ? 'fast' : 'gpt-5-mini' })
    expect([answer.status, house.shown()]).toEqual([200, `Bearer ${SECRET}`])
    const call = await house.weir.recorded(idOf(answer))
    const headers = await house.weir.api(`/calls/${call.id}/headers`)
    expect(holds(JSON.stringify([call, headers]))).toEqual([])
  }
})

test('no file holds it; the master key is its owner’s alone, and opens it at the next start', async () => {
  await house.close()
  expect(FORMS.flatMap((form) => filesWith(dataDir, form))).toEqual([])
  expect(statSync(join(dataDir, 'master.key'))).toMatchObject({ size: 32 })
  expect(statSync(join(dataDir, 'master.key')).mode & 0o077).toBe(0)

  house = await openCredentialHouse({}, dataDir)
  // The first call finds it in force: the start waits for it.
  expect((await house.chat(house.key)).status).toBe(200)
  expect(house.shown()).toBe(`Bearer ${SECRET}`)
  await house.credentials('DELETE', '/openai/main')
  await house.close()
})
