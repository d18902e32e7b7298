// What machines ask: alive, ready, and figures that mean what they say.
import { afterEach, expect, test } from 'vitest'
import { openHouse, type House, type HouseOptions } from './house.ts'

let house: House
const open = async (options: HouseOptions = {}) => (house = await openHouse(options))
afterEach(() => house.close())

const recorderWith = (problem: string | null) => ({
  onStored: () => () => {},
  subscribe: () => () => {},
  status: () => ({ behindMs: 1500, callsRecorded: 7, entriesSkipped: 2, diskBytes: 8192, problem, positions: [] }),
})
const journal = { counters: () => ({ bytesOnDisk: 0, entriesWritten: 0, bodiesShed: 0, callsLost: 0 }) }

test('alive is alive, ready is ready', async () => {
  await open()
  expect(await house.get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' })
  expect(await house.get('/readyz')).toMatchObject({ status: 200, text: 'ready\n' })
})

test.each([
  ['the store is gone', { recorded: recorderWith('disk full') }, 'the store cannot be written: disk full'],
  ['the journal cannot be written', { journal: { ...journal, healthy: () => false } }, 'the journal cannot be written'],
  ['it shuts down', { draining: () => true }, 'Weir is shutting down'],
])('when %s it is alive but not ready, and says why', async (_, deps, why) => {
  await open({ deps })
  expect((await house.get('/healthz')).status).toBe(200)
  expect(await house.get('/readyz')).toMatchObject({ status: 503, text: `${why}\n` })
})

test('who may not enter hears that the store cannot be written, and nothing that the database said', async () => {
  await open({
    config: { host: '0.0.0.0' },
    deps: { recorded: recorderWith('password authentication failed for ann at db.internal') },
  })
  expect(await house.get('/readyz')).toMatchObject({ status: 503, text: 'the store cannot be written\n' })
  const known = await house.get('/readyz', { authorization: `Bearer ${house.admin.firstToken}` })
  expect(known.text).toContain('db.internal')
})

test('neither does a page that reached loopback under a name of its own', async () => {
  await open({ deps: { recorded: recorderWith('no such file /home/ann/weir.db') } })
  expect((await house.get('/readyz', { host: 'evil.example' })).text).toBe('the store cannot be written\n')
})

test('metrics are well-formed, count what was recorded, and have closed labels', async () => {
  await open({ deps: { parserRefused: () => 3 } })
  await house.record(
    { outcome: 'ok' },
    { outcome: 'ok' },
    { outcome: 'error', model: 'a-model"\n-with-a-hostile-name' },
  )
  house.begin()
  const page = await house.get('/metrics')
  expect(page.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = page.text.trimEnd().split('\n')
  for (const line of lines)
    expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"\n]*"\})? -?[\d.e+-]+)$/)
  expect(lines).toEqual(
    expect.arrayContaining([
      'weir_calls_total{outcome="ok"} 2',
      'weir_calls_total{outcome="error"} 1',
      'weir_calls_total{outcome="timeout"} 0',
      'weir_calls_running 1',
      'weir_journal_bytes 4096',
      'weir_calls_lost_total 0',
      'weir_requests_refused_by_parser_total 3',
      'weir_info{version="1.2.3"} 1',
    ]),
  )
  expect(page.text).not.toContain('hostile')
})

test('status says how Weir is doing, in the words of the contract', async () => {
  await open({ config: { basePath: '/weir' }, deps: { configProblems: () => ['weir.yaml: line 3'] } })
  house.begin()
  const { json } = await house.get('/weir/api/status', { host: 'localhost:9347' })
  expect(json).toEqual({
    version: '1.2.3',
    startedAt: 1_700_000_000_000,
    journalBehindMs: 0,
    callsRecorded: 7,
    callsLost: 0,
    diskBytes: 8192 + 4096,
    running: 1,
    entriesSkipped: 0,
    problem: null,
    config: { problems: ['weir.yaml: line 3'] },
    url: 'http://localhost:9347/weir',
    demo: false,
    database: 'sqlite',
    redis: null,
  })
})

test('what is nowhere is said in JSON, with where to go', async () => {
  await open()
  const reply = await house.get('/api/nowhere')
  expect(reply.status).toBe(404)
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.json).toMatchObject({
    type: 'urn:weir:problem:not_found',
    status: 404,
    instance: '/api/nowhere',
    help: expect.stringContaining('/api/openapi.json'),
  })
})

test('an unexpected failure tells the client nothing of its inside, and the log everything', async () => {
  const logged: unknown[] = []
  await open({
    deps: {
      log: (error) => logged.push(error),
      configProblems: () => {
        throw new Error('secret-inside')
      },
    },
  })
  const reply = await house.get('/api/status')
  expect(reply.status).toBe(500)
  expect(reply.text).not.toContain('secret-inside')
  expect(logged.map(String)).toEqual(['Error: secret-inside'])
})
