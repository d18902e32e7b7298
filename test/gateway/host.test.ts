// A web page may let a name of its own resolve to 127.0.0.1 and so reach what listens there. Weir on loopback answers to no such name.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange } from '../support/raw-client.ts'
import { type FakeProvider, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

let provider: FakeProvider
let weir: TestWeir

beforeAll(async () => {
  provider = await startProvider()
  weir = await startWeir({ providers: { ollama: provider } })
})
afterAll(async () => {
  await weir.close()
  await provider.close()
})

const ask = async (host: string) =>
  (await exchange(weir.port, ['GET /ollama/api/tags HTTP/1.1', `Host: ${host}`, '', ''])).statusLine

test.each(['localhost', '127.0.0.1:9347', '[::1]:9347', 'weir', 'host.docker.internal:9347', 'app.localhost'])(
  '%s is answered',
  async (host) => {
    expect(await ask(host)).toBe('HTTP/1.1 200 OK')
  },
)

test.each(['evil.example', 'evil.example:9347', '127.0.0.1.evil.example', 'localhost.evil.example'])(
  '%s is refused, and nothing goes upstream',
  async (host) => {
    const before = provider.requests.length
    expect(await ask(host)).toBe('HTTP/1.1 403 Forbidden')
    expect(provider.requests.length).toBe(before)
  },
)
