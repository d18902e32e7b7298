// Content as the first versions stored it (bodies from 32 kB on alone, no key frames) is read as before.
import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { columnOf, createPacker, dictionaryOf, textOf, unpack } from '../../db/pack.ts'
import type { PayloadRow } from '../../db/tables.ts'

const HEADERS = Buffer.from('[["content-type","application/json"]]')
const REQUEST = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'river '.repeat(8000) }] }))
const RESPONSE = Buffer.from('{"choices":[]}')
const TEXT = 'river and answer'

const first: PayloadRow = {
  callPk: 7,
  stored: [
    ['requestHeaders', HEADERS.byteLength],
    ['request', REQUEST.byteLength, 'application/json'],
    ['response', RESPONSE.byteLength, 'application/json'],
    ['searchText', TEXT.length],
  ],
  codec: 1 | 2,
  framePk: null,
  packed: zstdCompressSync(Buffer.concat([HEADERS, RESPONSE, Buffer.from(TEXT)])),
  request: zstdCompressSync(REQUEST),
  response: null,
}

test('a row of the first layout gives back what was put in', () => {
  expect(columnOf(first, 'request')).toBe('request')
  expect(columnOf(first, 'response')).toBe('packed')
  expect(Buffer.compare(unpack(first, 'request')!, REQUEST)).toBe(0)
  expect(Buffer.compare(unpack(first, 'response')!, RESPONSE)).toBe(0)
  expect(Buffer.compare(unpack(first, 'requestHeaders')!, HEADERS)).toBe(0)
  expect(textOf(first)).toBe(TEXT)
})

test('the next turn of its session is a delta to it', () => {
  const request = Buffer.concat([REQUEST.subarray(0, -2), Buffer.from(',{"role":"user","content":"and on"}]}')])
  const key = dictionaryOf(first)
  const payloads = [{ kind: 'request' as const, bytes: request, contentType: null, contentEncoding: null }]
  const row = createPacker().pack(8, payloads, 'and on', { pk: 7, dictionary: key })!
  expect(row).toMatchObject({ framePk: 7, request: null })
  expect(row.packed!.byteLength).toBeLessThan(200)
  expect(Buffer.compare(unpack(row, 'request', key)!, request)).toBe(0)
  expect(textOf(row, key)).toBe('and on')
  expect(() => unpack(row, 'request', Buffer.from(key).fill('x', 100, 3000))).toThrow()
  expect(() => unpack(row, 'request')).toThrow('key frame')
})
