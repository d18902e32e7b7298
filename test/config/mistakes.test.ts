// A wrong configuration is answered with one message: every mistake, its line, and the name that was probably meant.
import { expect, test } from 'vitest'
import { mistakesOf } from './folder.ts'

test('all mistakes come at once, in the order of the file, each with its place', () => {
  const yaml = `prot: 9347
host: 127.0.0.1
retention:
  content: 30
  cals: 400d
capture: { bodies: everything }
providers:
  opnai: {}
  my-gpu: { base_url: http://gpu:8000 }
  api: { baseUrl: http://gpu:8000 }
prices:
  - { model: x }
  - { inputPerMillion: 1 }
`
  expect(mistakesOf({ yaml })).toEqual([
    'weir.yaml:1:1  prot is not an option: did you mean port?',
    'weir.yaml:4:3  retention.content: 30 is not a duration: write a number with a unit, such as 500ms, 30s, 15m, 1h or 30d, or off',
    'weir.yaml:5:3  retention.cals is not an option: did you mean calls?',
    'weir.yaml:6:12  capture.bodies: "everything" is not one of full, metadata, off',
    'weir.yaml:8:3  providers.opnai: "opnai" is not built in, so it needs a baseUrl (or did you mean openai?)',
    'weir.yaml:9:13  providers.my-gpu.base_url is not an option: did you mean baseUrl?',
    'weir.yaml:9:3  providers.my-gpu: "my-gpu" is not built in, so it needs a baseUrl',
    'weir.yaml:10:3  providers.api: "api" is an address of Weir’s own: choose another name',
    'weir.yaml:12:5  prices.0: this price for x names no rate: add inputPerMillion, outputPerMillion … or multiplier',
    'weir.yaml:13:5  prices.1.model: is missing',
  ])
})

test('a missing variable and a missing secret file are mistakes with their lines', () => {
  const yaml = 'host: ${NO_SUCH_HOST}\nproviders:\n  openai: { apiKey_file: nowhere }\n'
  const [host, key, ...rest] = mistakesOf({ yaml })
  expect(host).toBe(
    'weir.yaml:1:1  host: the environment has no NO_SUCH_HOST: set it, or write ${NO_SUCH_HOST:-otherwise}',
  )
  expect(key).toMatch(/^weir\.yaml:3:13 {2}providers\.openai\.apiKey_file: \S+nowhere cannot be read \(ENOENT\)$/)
  expect(rest).toEqual([])
})

test('mistakes of the environment and of the command line are named after what was written', () => {
  const env = {
    WEIR_PROT: '1',
    WEIR_DRAIN_DELAY: 'soon',
    WEIR_ADMIN_TOKEN: 'long enough a token',
    WEIR_ADMIN_TOKEN_FILE: 'x',
  }
  expect(mistakesOf({ env, argv: { port: '99999' } })).toEqual([
    'WEIR_ADMIN_TOKEN_FILE  stands beside WEIR_ADMIN_TOKEN: set one of them',
    'WEIR_PROT  is not an option: did you mean WEIR_PORT?',
    '--port  port: "99999" is not a whole number from 0 to 65535',
    'WEIR_DRAIN_DELAY  drainDelay: "soon" is not a duration: write a number with a unit, such as 500ms, 30s, 15m, 1h or 30d',
  ])
})

test.each(['otel: [{}]', 'otel: { endpoint: http://127.0.0.1:4318 }'])(
  'what a later version brings is refused by name, not passed over: %s',
  (yaml) => {
    const name = yaml.split(':')[0]!
    expect(mistakesOf({ yaml })).toEqual([
      `weir.yaml:1:1  ${name}: not in this version yet: take it out, or switch it off`,
    ])
  },
)

test('text that is no YAML, or no group, says where', () => {
  expect(mistakesOf({ yaml: 'port: 1\nport: 2\n' })).toEqual(['weir.yaml:2:1  Map keys must be unique'])
  expect(mistakesOf({ yaml: '- port\n' })).toEqual(['weir.yaml:1:1  expected options such as "port: 9347"'])
  expect(mistakesOf({ yaml: 'capture: full\n' })).toEqual([
    'weir.yaml:1:1  capture: expected a group of options, found text',
  ])
})

test('no secret stands in a message', () => {
  const yaml =
    'adminToken: s3cr3t\ndatabase: mysql://root:s3cr3t@h/d\nproviders:\n  a: { baseUrl: "https://u:s3cr3t@h" }\n'
  const said = mistakesOf({ yaml })
  expect(said).toHaveLength(3)
  expect(said.join('\n')).not.toContain('s3cr3t')
})
