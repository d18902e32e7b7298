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

beforeAll(async () => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' })
  upstream = createHttps({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (_, response) => {
    const body = JSON.stringify(chatAnswer())
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
  })
  proxy = createHttp((_, response) => void response.writeHead(405).end())
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

const start = async (provider: Record<string, unknown>, proxied: { httpsProxy?: string; noProxy?: string }) => {
  tunnels = []
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
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 502 Bad Gateway', 'upstream_unreachable'])
  expect(String(answer.body)).toMatch(/could not be reached safely: self-signed certificate/)
})

test('a proxy that refuses the tunnel is a 502 that says so', async () => {
  const weir = await start(withCa(), { httpsProxy: proxyUrl })
  mayTunnel = false
  const answer = await post(weir, CHAT)
  expect([answer.statusLine, answer.header('x-weir-error')]).toEqual(['HTTP/1.1 502 Bad Gateway', 'upstream_unreachable'])
  expect(String(answer.body)).toMatch(/Proxy response \(403\)/)
})
