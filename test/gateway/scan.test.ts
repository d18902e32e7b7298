// The data path reads `model` and `stream` without parsing: it must see what JSON.parse sees, at any nesting, escape and size.
import { expect, test } from 'vitest'
import { scanTopLevel, splice, stringAt, valueAt } from '../../server/gateway/scan.ts'

const WANTED = new Set(['model', 'stream', 'stream_options'])
const scan = (text: string) => scanTopLevel(Buffer.from(text), WANTED)

test('finds top-level members and leaves nested ones of the same name alone', () => {
  const text =
    '{"messages":[{"model":"no","content":"a \\" } ] , \\\\"}], "model" : "gpt-5" ,"x":{"stream":false},"stream":true}'
  const found = scan(text)!
  expect(stringAt(Buffer.from(text), found.values.get('model'))).toBe('gpt-5')
  expect(valueAt(Buffer.from(text), found.values.get('stream'))).toBe(true)
  expect(found.closingBrace).toBe(text.length - 1)
})

test('takes the last of two members of one name, as JSON.parse does', () => {
  const text = '{"model":"a","model":"b"}'
  expect(stringAt(Buffer.from(text), scan(text)!.values.get('model'))).toBe(JSON.parse(text).model)
})

test('reads names and values with escapes and any script', () => {
  const text = '{"mod\\u0065l":"ж\\u00e9\\n漢"}'
  expect(stringAt(Buffer.from(text), scan(text)!.values.get('model'))).toBe(JSON.parse(text).model)
})

test.each(['', '[]', '"x"', '{', '{"a"', '{"a":1', '{"a":1,', '{"a":"x', '{"a":[1', 'nope', '{a:1}', '{"a":1 "b":2}'])(
  'is no object: %j',
  (text) => {
    expect(scan(text)).toBeNull()
  },
)

test('an empty object has a place for a member', () => {
  expect(scan(' { } ')).toMatchObject({ empty: true, closingBrace: 3 })
})

test('a spliced body differs in the spliced bytes alone', () => {
  const text = Buffer.from('{"a": 1.0, "model":"openai/gpt-5", "z":[ 1,2 ]}')
  const { start, end } = scanTopLevel(text, WANTED)!.values.get('model')!
  expect(splice(text, start, end, '"gpt-5"').toString()).toBe('{"a": 1.0, "model":"gpt-5", "z":[ 1,2 ]}')
})

test('agrees with JSON.parse on 2,000 made-up bodies, and never throws on their cut or damaged forms', () => {
  const random = createRandom(7)
  for (let i = 0; i < 2000; i++) {
    const value = { ...(makeObject(random, 3) as object), model: `m${i}`, stream: random() > 0.5 }
    const text = random() > 0.5 ? JSON.stringify(value) : JSON.stringify(value, null, 2)
    const bytes = Buffer.from(text)
    const found = scanTopLevel(bytes, WANTED)!
    expect(stringAt(bytes, found.values.get('model'))).toBe(value.model)
    expect(valueAt(bytes, found.values.get('stream'))).toBe(value.stream)
    const damaged = Buffer.from(bytes)
    damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256)
    expect(() => scanTopLevel(damaged, WANTED)).not.toThrow()
    expect(() => scanTopLevel(bytes.subarray(0, Math.floor(random() * bytes.length)), WANTED)).not.toThrow()
  }
})

function createRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
}

function makeObject(random: () => number, depth: number): unknown {
  const pick = random()
  if (depth === 0 || pick < 0.3)
    return ['a"b\\', 'x}{][,:', '', 12.5, -3e9, true, null, '\u2028日本', '\\'][Math.floor(random() * 9)]
  if (pick < 0.6) return Array.from({ length: Math.floor(random() * 4) }, () => makeObject(random, depth - 1))
  return Object.fromEntries(
    Array.from({ length: Math.floor(random() * 4) }, (_, i) => [`k${i}"\\`, makeObject(random, depth - 1)]),
  )
}
