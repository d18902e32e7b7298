// Everything that a filter finds, as a file: whole, in order, written only as fast as it is read.
import { request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call as callSchema } from '../../server/api/schema/call.ts'
import { openHouse, type House } from './house.ts'

let house: House
beforeEach(async () => {
  house = await openHouse()
})
afterEach(() => house.close())

const T0 = Date.now() - 3_600_000
const fill = (count: number, part: object = {}) =>
  house.record(...Array.from({ length: count }, (_, i) => ({ startedAt: T0 + Math.floor(i / 3), ...part })))

test('JSON lines: every call once, oldest first, over many pages, whole', async () => {
  const stored = await fill(1_250)
  await house.record({ startedAt: T0 - 5, outcome: 'error' })
  const reply = await house.get('/api/calls/export?q=outcome:ok')
  expect(reply.headers['content-type']).toBe('application/jsonl')
  expect(reply.headers['content-disposition']).toBe('attachment; filename="weir-calls.jsonl"')
  expect(reply.headers['x-weir-total']).toBe('1250')
  const calls = reply.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(calls.length).toBe(1_250)
  expect(new Set(calls.map((call) => call.id))).toEqual(new Set(stored.map((call) => call.id)))
  const times = calls.map((call) => call.startedAt)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(callSchema.parse(calls[0])).toEqual(calls[0])
  expect(calls[0].attempts.length).toBe(1)
})

test('CSV: one head line, one row a call, and no cell that a spreadsheet would run', async () => {
  await house.record({
    startedAt: T0,
    user: '=HYPERLINK("http://evil.example")',
    errorMessage: 'a "quoted", long\nmessage',
    costNano: null,
    tags: { team: 'search' },
  })
  await fill(500)
  const reply = await house.get('/api/calls/export?format=csv')
  expect(reply.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
  const rows = parseCsv(reply.text)
  expect(rows.length).toBe(502)
  const head = rows[0] as string[]
  expect(head.slice(0, 3)).toEqual(['id', 'time', 'startedAt'])
  for (const row of rows) expect(row.length).toBe(head.length)
  const row = rows.find((it) => it[head.indexOf('user')] !== '') ?? []
  const cell = (name: string, from = rows[1] as string[]) => from[head.indexOf(name)]
  const hostile = rows.slice(1).find((it) => cell('user', it) !== '') as string[]
  expect(row.length).toBe(head.length)
  expect(cell('user', hostile)).toBe(`'=HYPERLINK("http://evil.example")`)
  expect(cell('errorMessage', hostile)).toBe('a "quoted", long\nmessage')
  expect(cell('costNano', hostile)).toBe('')
  expect(cell('tags', hostile)).toBe('{"team":"search"}')
  expect(cell('time', hostile)).toBe(new Date(T0).toISOString())
})

test('nothing found is an empty file, with the head line in CSV', async () => {
  expect(await house.get('/api/calls/export?q=model:none')).toMatchObject({ status: 200, text: '' })
  expect((await house.get('/api/calls/export?q=model:none&format=csv')).text).toMatch(/^id,time,.*\r\n$/)
})

test('a mistake in the query is a problem, not a broken download', async () => {
  expect(await house.get('/api/calls/export?format=xlsx')).toMatchObject({ status: 400, json: { code: 'bad_input' } })
  expect(await house.get('/api/calls/export?q=modle:x')).toMatchObject({ status: 400, json: { code: 'bad_input' } })
})

test('a client that does not read stops the export, and one that leaves ends it', async () => {
  await fill(2_000, { preview: 'x'.repeat(200_000).slice(0, 8_000), errorMessage: 'y'.repeat(8_000) })
  let pages = 0
  const counting = await openHouse({
    dataDir: house.dataDir,
    deps: {
      ask: Object.assign((name: never, args: never, options: never) => {
        if (name === ('exportPage' as never)) pages++
        return house.ask(name, args, options)
      }, house.ask) as never,
    },
  })
  const incoming = await new Promise<IncomingMessage>((resolve) => {
    const out = request({ host: '127.0.0.1', port: counting.port, path: '/api/calls/export' }, resolve)
    out.end()
  })
  await once(incoming, 'readable')
  await expect.poll(async () => await settled(() => pages), { timeout: 30_000 }).toBeLessThan(5)
  incoming.destroy()
  const before = await settled(() => pages)
  expect((await counting.get('/api/calls?limit=1')).status).toBe(200)
  expect(pages).toBe(before)
  await counting.close()
})

/** The value once it has stayed the same for a while. */
async function settled(read: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = read()
    if (now === before) return now
    before = now
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** RFC 4180, enough to read back what was written. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r\n|$)/g)) {
    if (end === '' && plain === '' && rows.at(-1)?.length === 0) break
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') rows.push([])
  }
  return rows.filter((row) => row.length > 0)
}
