// weir.yaml, the environment and the command line become one checked value: which wins, and what the units mean.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultConfig } from '../../server/config/config.ts'
import { load } from './folder.ts'

test('nothing configured gives the defaults that api.md promises', () => {
  const { config, found } = load({})
  expect(found).toBe(false)
  expect(config).toMatchObject({
    port: 9347,
    host: '127.0.0.1',
    database: 'sqlite',
    redis: null,
    capture: { bodies: 'full', maxBytes: 8_388_608 },
    retention: { content: 30 * 86_400_000, calls: 400 * 86_400_000, bytes: 20 * 2 ** 30 },
    keys: { unknown: 'pass' },
    usage: {},
    timeouts: { connect: 10_000, headers: 900_000, firstEvent: 900_000, idle: 600_000, total: null },
    drainDelay: 10_000,
    grace: 900_000,
  })
  expect({ ...defaultConfig(), data: '' }).toEqual({ ...config, data: '' })
})

test('the example file of the documentation is taken whole, but for what is not built yet', () => {
  const yaml = `
port: 9347
host: 127.0.0.1
data: ./data
database: sqlite
redis: null
providers:
  openai:    {}
  ollama:
  anthropic: { apiKey: "\${ANTHROPIC_API_KEY}" }
  my-vllm:   { baseUrl: http://gpu:8000, dialect: openai }
capture:   { bodies: full, maxBytes: 8MiB }
retention: { content: 30d, calls: 400d, bytes: 20GiB }
keys:    { unknown: pass }
cache:   { mode: off, ttl: 1h }
usage:   { inject: off }
`
  const { config, folder } = load({ yaml, env: { ANTHROPIC_API_KEY: 'sk-ant-1' } })
  expect(config.providers['anthropic']).toEqual({ apiKey: 'sk-ant-1' })
  expect(config.providers['ollama']).toEqual({})
  expect(config.providers['my-vllm']).toEqual({ baseUrl: 'http://gpu:8000', dialect: 'openai' })
  expect(config.data).toBe(join(folder.path, 'data'))
})

test('the command line wins over the environment, and that over the file', () => {
  const yaml = 'port: 1001\nhost: 0.0.0.1\ndata: from-file\n'
  const { config } = load({ yaml, env: { WEIR_PORT: '1002', WEIR_HOST: '0.0.0.2' }, argv: { port: '1003' } })
  expect(config.port).toBe(1003)
  expect(config.host).toBe('0.0.0.2')
  expect(config.data).toMatch(/from-file$/)
})

test('every option is an environment variable, in groups and in providers too', () => {
  const env = {
    WEIR_CAPTURE_MAX_BYTES: '1MiB',
    WEIR_TIMEOUTS_FIRST_EVENT: '90s',
    WEIR_TRUSTED_PROXIES: '10.0.0.0/8, 192.168.0.1',
    WEIR_PROVIDERS: '{ my-vllm: { baseUrl: "http://gpu:8000" } }',
    WEIR_PROVIDERS_OPENAI_API_KEY: 'sk-env',
    WEIR_CLIENT_IP: 'true',
    WEIR_RETENTION_CALLS: 'off',
    WEIR_ADMIN_TOKEN: '',
  }
  const { config } = load({ env })
  expect(config.capture.maxBytes).toBe(2 ** 20)
  expect(config.timeouts.firstEvent).toBe(90_000)
  expect(config.trustedProxies).toEqual(['10.0.0.0/8', '192.168.0.1'])
  expect(config.providers).toEqual({ 'my-vllm': { baseUrl: 'http://gpu:8000' }, openai: { apiKey: 'sk-env' } })
  expect(config.clientIp).toBe(true)
  expect(config.retention.calls).toBeNull()
  expect(config.adminToken).toBeNull()
})

test('a provider named in the file can be completed from the environment', () => {
  const yaml = 'providers:\n  my-vllm: { baseUrl: "http://gpu:8000" }\n'
  const { config } = load({ yaml, env: { WEIR_PROVIDERS_MY_VLLM_API_KEY: 'k' } })
  expect(config.providers['my-vllm']).toEqual({ baseUrl: 'http://gpu:8000', apiKey: 'k' })
})

test('secrets come from files, named in the file or in the environment, without the last line break', () => {
  const yaml = 'admin_token_file: token\nproviders:\n  openai: { apiKeyFile: key }\n'
  const files = { token: 'a-token-of-some-length\n', key: 'sk-file\r\n', db: 'postgres://u:p@h/weir\n' }
  const { config, files: read } = load({ yaml, files, env: { WEIR_DATABASE_FILE: 'db' } })
  expect(config.adminToken).toBe('a-token-of-some-length')
  expect(config.providers['openai']).toEqual({ apiKey: 'sk-file' })
  expect(config.database).toBe('postgres://u:p@h/weir')
  expect(read).toHaveLength(4)
})

test('${NAME} is replaced in values only, so what it holds cannot change the structure', () => {
  const yaml =
    'host: ${HOST}\nport: ${PORT:-8080}\nproviders:\n  openai: { headers: { x-a: "a ${V} b", x-b: "$${V}" } }\n'
  const { config } = load({ yaml, env: { HOST: '0.0.0.0', V: '"}\nport: 1' } })
  expect(config.host).toBe('0.0.0.0')
  expect(config.port).toBe(8080)
  expect(config.providers['openai']?.headers).toEqual({ 'x-a': 'a "}\nport: 1 b', 'x-b': '${V}' })
})

test('sizes, durations and switches in the forms that people write', () => {
  const yaml = `
capture: { maxBytes: 512, bodies: false }
retention: { content: 1h30m, calls: off, bytes: 1.5 GB }
timeouts: { connect: 500ms, total: 2h }
usage: { inject: true }
`
  const { config } = load({ yaml })
  expect(config.capture).toEqual({ maxBytes: 512, bodies: 'off' })
  expect(config.retention).toEqual({ content: 5_400_000, calls: null, bytes: 1_500_000_000 })
  expect(config.timeouts).toMatchObject({ connect: 500, total: 7_200_000 })
  expect(config.usage.inject).toBe('on')
})

test('own prices, per million or in the names of LiteLLM, with dates', () => {
  const yaml = `
prices:
  - { model: my-*, provider: my-vllm, inputPerMillion: 0.5, outputPerMillion: "1.25", from: 2026-01-31 }
  - { model: gpt-5, input_cost_per_token: 1.25e-6 }
  - { model: claude-*, multiplier: 0.85 }
aliases: { prod-chat: gpt-5 }
`
  const { config } = load({ yaml })
  expect(config.prices).toEqual([
    { model: 'my-*', provider: 'my-vllm', inputPerMillion: 0.5, outputPerMillion: 1.25, from: Date.UTC(2026, 0, 31) },
    { model: 'gpt-5', input_cost_per_token: 1.25e-6 },
    { model: 'claude-*', multiplier: 0.85 },
  ])
  expect(config.aliases).toEqual({ 'prod-chat': 'gpt-5' })
})

test('certificates come as PEM, whether the file holds text or paths', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n'
  const yaml = `providers:\n  corp: { baseUrl: "https://llm.corp", tls: { ca: ca.pem, cert: ${JSON.stringify(pem)} } }\n`
  const { config } = load({ yaml, files: { 'ca.pem': pem } })
  expect(config.providers['corp']?.tls).toEqual({ ca: pem, cert: pem })
})

test('what Kubernetes sets for a service called weir is not taken for an option', () => {
  const env = { WEIR_PORT: 'tcp://10.0.0.7:9347', WEIR_SERVICE_HOST: '10.0.0.7', WEIR_PORT_9347_TCP_ADDR: '10.0.0.7' }
  expect(load({ env }).config.port).toBe(9347)
})
