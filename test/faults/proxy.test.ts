// Behind a company's proxy: HTTPS_PROXY tunnels with CONNECT, NO_PROXY goes straight, also for a provider with certificates of its
// own; and a proxy that refuses is an error that names it. All of it on loopback, with a real CONNECT proxy and a real TLS upstream.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createBypass } from '../../server/gateway/proxy.ts'
import { chatAnswer } from '../support/provider.ts'
import { startWeir } from '../support/weir.ts'
import { CHAT, post } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-proxy-'))
const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
let upstream: ReturnType<typeof createHttps>
let proxy: ReturnType<typeof createHttp>
let upstreamUrl: string
let proxyUrl: string
let tunnels: string[] = []
let mayTunnel = true
/** Requests in absolute form, and the status that they get. */
let forwarded: string[] = []
let proxyAnswers = 200
/** Of the request that the provider saw last. */
let arrived: string[] = []

beforeAll(async () => {
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ],
    { stdio: 'pipe' },
  )
  upstream = createHttps({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (request, response) => {
    arrived = request.rawHeaders
    const body = JSON.stringify(chatAnswer())
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
  })
  proxy = createHttp((request, response) => {
    forwarded.push(`${request.method} ${request.url}`)
    arrived = request.rawHeaders
    response.writeHead(proxyAnswers, { 'content-type': 'application/json' }).end(JSON.stringify(chatAnswer()))
  })
  proxy.on('connect', (request, client) => {
    tunnels.push(request.url!)
    if (!mayTunnel) return client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    const server = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      server.pipe(client).pipe(server)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })
  for (const server of [upstream, proxy]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  upstreamUrl = `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
})
afterAll(() => {
  upstream.closeAllConnections()
  upstream.close()
  proxy.closeAllConnections()
  proxy.close()
  rmSync(folder, { recursive: true })
})

const start = async (
  provider: Record<string, unknown>,
  proxied: { httpProxy?: string; httpsProxy?: string; noProxy?: string },
) => {
  tunnels = []
  forwarded = []
  proxyAnswers = 200
  mayTunnel = true
  const weir = await startWeir({ config: { providers: { openai: { baseUrl: upstreamUrl, ...provider } } }, ...proxied })
  onTestFinished(() => weir.close())
  return weir
}

const withCa = () => ({ tls: { ca: readFileSync(certFile, 'utf8') } })
const target = () => upstreamUrl.slice('https://'.length)

test('HTTPS_PROXY: the call goes through a tunnel, TLS end to end with the provider’s own ca', async () => {
  const weir = await start(withCa(), { httpsProxy: proxyUrl })
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, tunnels]).toEqual(['HTTP/1.1 200 OK', [target()]])
})

test('NO_PROXY: the call goes straight', async () => {
  const weir = await start(withCa(), { httpsProxy: proxyUrl, noProxy: '127.0.0.1' })
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, tunnels]).toEqual(['HTTP/1.1 200 OK', []])
})

test('a provider’s own proxy counts, with or without one in the environment', async () => {
  const weir = await start({ ...withCa(), proxy: proxyUrl }, { noProxy: '127.0.0.1' })
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, tunnels]).toEqual(['HTTP/1.1 200 OK', [target()]])
})

test('a certificate that nobody vouches for is refused, through the tunnel too', async () => {
  const weir = await start({}, { httpsProxy: proxyUrl })
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual([
    'HTTP/1.1 502 Bad Gateway',
    'upstream_unreachable',
  ])
  expect(String(answer.body)).toMatch(/could not be reached safely: self-signed certificate/)
})

test('a proxy that refuses the tunnel is a 502 that says so', async () => {
  const weir = await start(withCa(), { httpsProxy: proxyUrl })
  mayTunnel = false
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual([
    'HTTP/1.1 502 Bad Gateway',
    'upstream_unreachable',
  ])
  expect(String(answer.body)).toMatch(/Proxy response \(403\)/)
})

// undici's ProxyAgent made an object of the headers: the second X-Dup replaced the first, and `7` came before all others.
const ODD = ['X-B', '1', 'X-Dup', 'a', '7', 'seven', 'X-Dup', 'b', 'x-A', '2']
const ODD_LINES = ['X-B: 1', 'X-Dup: a', '7: seven', 'X-Dup: b', 'x-A: 2']
const odd = () => arrived.filter((_, i) => ODD.includes(arrived[i - (i % 2)]!))

test('request headers keep case, order and duplicates through the tunnel', async () => {
  const weir = await start(withCa(), { httpsProxy: proxyUrl })
  const answer = await post(weir, CHAT, '{}', ODD_LINES)
  expect([answer.statusLine, tunnels, odd()]).toEqual(['HTTP/1.1 200 OK', [target()], ODD])
})

test('plain http goes through HTTP_PROXY in absolute form, with the same care', async () => {
  const weir = await start(
    { baseUrl: 'http://provider.example/base' },
    { httpProxy: proxyUrl.replace('//', '//ann:p%40ss@') },
  )
  const answer = await post(weir, CHAT, '{}', ODD_LINES)
  expect([answer.statusLine, tunnels, forwarded, odd()]).toEqual([
    'HTTP/1.1 200 OK',
    [],
    ['POST http://provider.example/base/v1/chat/completions'],
    ODD,
  ])
  expect(arrived[arrived.indexOf('proxy-authorization') + 1]).toBe(
    `Basic ${Buffer.from('ann:p@ss').toString('base64')}`,
  )
  proxyAnswers = 407
  const refused = await post(weir, CHAT)
  expect([refused.statusLine, refused.header('x-weir-error')]).toEqual([
    'HTTP/1.1 502 Bad Gateway',
    'upstream_unreachable',
  ])
})

test.each([
  ['example.com', 'https://api.example.com', true],
  ['.example.com', 'https://example.com.', true],
  ['*.example.com', 'https://example.com', false],
  ['*.example.com', 'https://a.example.com', true],
  ['example.com', 'https://badexample.com', false],
  ['10.0.0.1:8080 other', 'http://10.0.0.1:8080', true],
  ['10.0.0.1:8080', 'http://10.0.0.1', false],
  ['[::1]:443,x', 'https://[::1]', true],
  ['::1', 'http://[::1]:9', true],
  ['*', 'https://anything', true],
  ['', 'https://anything', false],
])('NO_PROXY=%s and %s: straight is %s', (noProxy, origin, straight) => {
  expect(createBypass(noProxy)(origin)).toBe(straight)
})
