// The dashboard shows what models wrote, so its page allows no script, style or origin but its own; and one build serves any base path.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { openHouse, type House } from './house.ts'

let house: House
afterEach(() => house.close())

const PAGE =
  '<!doctype html><html><head><base href="/app/" /><script src="./assets/index-B1gHash_.js"></script></head></html>'
const SCRIPT = 'console.log("weir")'

const open = async (basePath = '') => {
  house = await openHouse({ config: { basePath } })
  const web = join(house.dataDir, 'web')
  mkdirSync(join(web, 'assets'), { recursive: true })
  writeFileSync(join(web, 'index.html'), PAGE)
  writeFileSync(join(web, 'weir.svg'), '<svg/>')
  writeFileSync(join(web, 'assets/index-B1gHash_.js'), SCRIPT)
  writeFileSync(join(web, 'assets/index-B1gHash_.js.br'), brotliCompressSync(SCRIPT))
  writeFileSync(join(house.dataDir, 'secret.txt'), 'not for the web')
}

test('every page of the app is the one page, with a policy that allows nothing inline', async () => {
  await open()
  for (const path of ['/app/', '/app/calls', '/app/calls/0190-x', '/app/overview?q=a.b', '/app/index.html']) {
    const page = await house.get(path)
    expect([path, page.status, page.text]).toEqual([path, 200, PAGE])
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    expect(page.headers['cache-control']).toBe('no-cache')
  }
  const policy = String((await house.get('/app/')).headers['content-security-policy'])
  expect(policy).not.toMatch(/unsafe-|https?:|\*/)
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ])
    expect(policy.split('; ')).toContain(rule)
  expect((await house.get('/app/')).headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
  })
})

test('hashed files are kept for a year, others are asked for again; precompressed where there is', async () => {
  await open()
  const script = await house.get('/app/assets/index-B1gHash_.js')
  expect(script.text).toBe(SCRIPT)
  expect(script.headers['content-type']).toMatch(/javascript/)
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const packed = await house.get('/app/assets/index-B1gHash_.js', { 'accept-encoding': 'gzip, br' })
  expect(packed.headers['content-encoding']).toBe('br')
  expect(packed.bytes).toEqual(brotliCompressSync(SCRIPT))
  expect((await house.get('/app/weir.svg')).headers['cache-control']).toBe('no-cache')
  expect((await house.get('/app/weir.svg')).headers['content-security-policy']).toContain("default-src 'none'")
})

test('a missing file is missing, not the page', async () => {
  await open()
  for (const path of ['/app/assets/index-old.js', '/app/missing.css', '/app/assets/'])
    expect([path, (await house.get(path)).status]).toEqual([path, 404])
})

test.each([
  '/app/../secret.txt',
  '/app/%2e%2e/secret.txt',
  '/app/..%2fsecret.txt',
  '/app/..%5csecret.txt',
  '/app/assets/..%2f..%2f..%2fsecret.txt',
  '/app//../../secret.txt',
  '/app/%00',
  '/app/%E0%A4%A',
])('%s leads nowhere outside of the folder', async (path) => {
  await open()
  const reply = await house.get(path)
  expect(reply.text).not.toContain('not for the web')
  expect(reply.status).toBeLessThan(500)
})

test('under a base path the page points there, and the root leads to it', async () => {
  await open('/weir')
  expect((await house.get('/weir/app/calls')).text).toContain('<base href="/weir/app/" />')
  expect((await house.get('/weir/app/assets/index-B1gHash_.js')).text).toBe(SCRIPT)
  for (const path of ['/weir', '/weir/', '/weir/app']) {
    const reply = await house.get(path)
    expect([path, reply.status, reply.headers.location]).toEqual([path, 302, '/weir/app/'])
  }
  expect((await house.get('/app/')).status).toBe(404)
})

test('without a build the answer says how to make one', async () => {
  house = await openHouse()
  const reply = await house.get('/app/')
  expect(reply.status).toBe(503)
  expect(reply.json).toMatchObject({ code: 'not_built', help: expect.stringContaining('npm run build') })
})
