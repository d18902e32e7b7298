// Who may see what people's applications say to models. On loopback: the person at the machine, but no page of another site and no
// proxy. Beyond it: whoever has the admin token.
import { afterEach, describe, expect, test } from 'vitest'
import { openHouse, type House, type HouseOptions } from './house.ts'

let house: House
const open = async (options: HouseOptions = {}) => (house = await openHouse(options))
afterEach(() => house.close())

const status = async (headers: Record<string, string>, path = '/api/status', method = 'GET') =>
  (await house.send({ path, method, headers })).status

describe('on loopback, without a login', () => {
  const here = (host: string) => ({ host: `${host}:9347` })

  test.each(['localhost', '127.0.0.1', '[::1]', 'LocalHost', 'weir.localhost', '127.1.2.3'])(
    '%s is a local name',
    async (name) => {
      await open()
      expect(await status(here(name))).toBe(200)
    },
  )

  test.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '[::2]',
    '0.0.0.0',
    '169.254.169.254',
    'x',
  ])('a rebound name (%s) is refused, on API, dashboard and metrics', async (name) => {
    await open()
    for (const path of ['/api/status', '/app/', '/metrics', '/api/login', '/'])
      expect([path, await status(here(name), path)]).toEqual([path, 403])
    expect((await house.get('/api/status', here(name))).json.code).toBe('host_refused')
  })

  test('a Host that is no host at all reaches nothing', async () => {
    await open()
    expect(await status({ host: 'localhost@evil.example' })).toBe(400)
  })

  test('the configured host is accepted', async () => {
    await open({ config: { host: 'localhost' } })
    expect(await status({ host: 'localhost:1' })).toBe(200)
  })

  test('health checks answer under any name', async () => {
    await open()
    expect(await status(here('10.0.0.7'), '/healthz')).toBe(200)
    expect(await status(here('10.0.0.7'), '/readyz')).toBe(200)
  })

  test.each([
    ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another local application', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
    ['a sandboxed frame', { origin: 'null' }],
    [
      'an image tag elsewhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    ['a frame elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ])('%s may neither read nor write', async (_, headers) => {
    await open()
    const call = house.begin()
    expect(await status({ host: `localhost:${house.port}`, ...headers })).toBe(403)
    expect(await status({ host: `localhost:${house.port}`, ...headers }, `/api/calls/${call.id}/cancel`, 'POST')).toBe(
      403,
    )
    expect(house.canceled).toEqual([])
  })

  test('a form that another site submits by navigation is refused, a link to the dashboard is followed', async () => {
    await open()
    const call = house.begin()
    const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect(
      await status({ ...navigation, origin: 'https://evil.example' }, `/api/calls/${call.id}/cancel`, 'POST'),
    ).toBe(403)
    expect(await status(navigation, '/')).toBe(302)
    expect(house.canceled).toEqual([])
  })

  test('the dashboard itself and clients that are no browser may write', async () => {
    await open()
    const call = house.begin()
    const own = {
      host: `localhost:${house.port}`,
      origin: `http://localhost:${house.port}`,
      'sec-fetch-site': 'same-origin',
    }
    expect(await status(own, `/api/calls/${call.id}/cancel`, 'POST')).toBe(200)
    expect(await status({}, `/api/calls/${call.id}/cancel`, 'POST')).toBe(200)
  })

  test.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'what a proxy brings (%s) is not local: it needs the token',
    async (name) => {
      await open()
      expect(await status({ [name]: '203.0.113.9' })).toBe(401)
      expect(await status({ [name]: '203.0.113.9', authorization: `Bearer ${house.admin.firstToken}` })).toBe(200)
    },
  )
})

describe('beyond loopback', () => {
  const beyond = { config: { host: '0.0.0.0' } }
  const token = () => house.admin.firstToken as string

  test.each([
    '/api/status',
    '/api/calls',
    '/api/calls/export',
    '/api/live',
    '/api/overview',
    '/metrics',
    '/api/nowhere',
  ])('%s asks for the token', async (path) => {
    await open(beyond)
    const refused = await house.get(path)
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toContain('Bearer')
    expect(refused.json).toMatchObject({ code: 'login_required', help: expect.stringContaining('admin token') })
  })

  test('the token opens it, as Bearer only', async () => {
    await open(beyond)
    expect(await status({ authorization: `Bearer ${token()}` })).toBe(200)
    expect(await status({ authorization: `bearer ${token()}` })).toBe(200)
    expect(await status({ authorization: `Bearer ${token()}x` })).toBe(401)
    expect(await status({ authorization: `Basic ${token()}` })).toBe(401)
    expect(await status({}, `/api/status?token=${token()}`)).toBe(401)
  })

  test('the dashboard loads without it, to show the login', async () => {
    await open(beyond)
    expect((await house.get('/api/me/session')).json).toEqual({ authenticated: false, needed: true })
    expect(await status({}, '/api/openapi.json')).toBe(200)
  })

  test('any name leads there, since the token is asked for; other origins still may not', async () => {
    await open(beyond)
    const authorization = `Bearer ${token()}`
    expect(await status({ host: 'weir.example.com', authorization })).toBe(200)
    expect(await status({ host: 'weir.example.com', origin: 'https://evil.example', authorization })).toBe(403)
  })

  test('a login is a cookie that opens the API until it is ended', async () => {
    await open(beyond)
    const login = await logIn(token())
    expect(login.status).toBe(200)
    const cookie = login.headers['set-cookie']?.[0] ?? ''
    expect(cookie).toMatch(/^weir_session_\d+=\d+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/)
    const pair = cookie.split(';')[0] as string
    expect(await status({ cookie: `other=1; ${pair}` })).toBe(200)
    expect((await house.get('/api/me/session', { cookie: pair })).json).toEqual({ authenticated: true, needed: true })

    const out = await house.send({ path: '/api/logout', method: 'POST', headers: { cookie: pair } })
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect(await status({ cookie: pair })).toBe(401)
  })

  test('a cookie that was tampered with opens nothing', async () => {
    await open(beyond)
    const pair = (await logIn(token())).headers['set-cookie']?.[0]?.split(';')[0] as string
    const [name, value] = pair.split('=') as [string, string]
    const [expires, nonce, signature] = value.split('.') as [string, string, string]
    const forged = [
      `${Number(expires) + 1}.${nonce}.${signature}`,
      `${expires}.${nonce}x.${signature}`,
      `${expires}.${nonce}.`,
      `${expires}.${nonce}`,
      `${signature}`,
      '',
      '..',
    ]
    for (const it of forged) expect([it, await status({ cookie: `${name}=${it}` })]).toEqual([it, 401])
  })

  test('a renewed token ends the old one and every login', async () => {
    await open(beyond)
    const old = token()
    const pair = (await logIn(old)).headers['set-cookie']?.[0]?.split(';')[0] as string
    const renewed = house.admin.renew()
    expect(await status({ authorization: `Bearer ${old}` })).toBe(401)
    expect(await status({ cookie: pair })).toBe(401)
    expect(await status({ authorization: `Bearer ${renewed}` })).toBe(200)
  })

  test('wrong tokens are slowed down, the right one included, and per address', async () => {
    await open({ config: { host: '0.0.0.0', trustedProxies: ['127.0.0.1'] } })
    const from = (ip: string) => ({ 'x-forwarded-for': ip, 'x-forwarded-host': `127.0.0.1:${house.port}` })
    for (let i = 0; i < 5; i++) expect((await logIn('wrong', from('203.0.113.9'))).status).toBe(401)
    const slowed = await logIn(token(), from('203.0.113.9'))
    expect(slowed.status).toBe(429)
    expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0)
    expect(await status({ ...from('203.0.113.9'), authorization: `Bearer ${token()}` })).toBe(429)
    expect((await logIn(token(), from('198.51.100.4'))).status).toBe(200)
  })

  test('behind a trusted proxy with https the cookie is Secure; an untrusted one is not believed', async () => {
    await open({ config: { host: '0.0.0.0', trustedProxies: ['127.0.0.0/8'] } })
    const https = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'weir.example.com',
      origin: 'https://weir.example.com',
    }
    expect((await logIn(token(), https)).headers['set-cookie']?.[0]).toContain('; Secure')
    await house.close()
    await open(beyond)
    expect((await logIn(token(), { 'x-forwarded-proto': 'https' })).headers['set-cookie']?.[0]).not.toContain('Secure')
    expect((await logIn(token(), https)).json.code).toBe('origin_refused')
  })

  const logIn = (it: string, headers: Record<string, string> = {}) =>
    house.send({
      path: '/api/login',
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ token: it }),
    })
})

// Docker's Weir listens on 0.0.0.0: a person who types its address saw a problem document, and Claude Code's first look a 401.
test('beyond loopback / leads to the login page, HEAD / says that somebody is there, and the API stays shut', async () => {
  await open({ config: { host: '0.0.0.0', basePath: '/weir' } })
  const page = await house.get('/weir')
  expect([page.status, page.headers.location]).toEqual([302, '/weir/app/'])
  const look = await house.send({ path: '/weir/', method: 'HEAD' })
  expect([look.status, look.headers.location]).toEqual([200, undefined])
  expect((await house.get('/weir/api/status')).status).toBe(401)
})
