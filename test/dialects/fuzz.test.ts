// A reader sees whatever a provider, a proxy or a broken line sends. Recorded bodies are damaged in a thousand ways; nothing may
// throw, loop or take long. WEIR_FUZZ_CASES sets the number of cases (proofs run 100,000 and more), WEIR_FUZZ_SEED the start.
import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../server/dialects/dialect.ts'
import { dialectByName, dialects, recognise } from '../../server/dialects/registry.ts'
import { builtinProviders } from '../../server/providers/builtin.ts'
import { loadRecordings } from '../support/corpus.ts'
import { cut, seeded, upTo } from '../support/random.ts'
import { fixtures } from './fixtures.ts'

const CASES = Number(process.env.WEIR_FUZZ_CASES ?? 2000)
const SEED = Number(process.env.WEIR_FUZZ_SEED ?? 1)
/** Big bodies are for the corpus test; here the number of cases counts. */
const MAX_SIZE = 60_000

interface Subject {
  dialect: Dialect
  operation: string
  path: string
  contentType: string
  request: Buffer
  response: Buffer
}

const subjects: Subject[] = [...fromFixtures(), ...fromRecordings()]

test(
  `${CASES} damaged bodies are read without a throw, in time that grows with their size only`,
  { timeout: CASES * 20 + 20_000 },
  () => {
    let bytes = 0
    let slowest = { nanosPerByte: 0, seed: 0, name: '' }
    const started = performance.now()
    for (let n = 0; n < CASES; n++) {
      const random = seeded(SEED + n)
      const subject = subjects[upTo(random, subjects.length)]!
      const name = `seed ${SEED + n}: ${subject.dialect.name} ${subject.path}`
      const response = damage(subject.response, random)
      const read = () => timed(() => readDamaged(subject, response, seeded(SEED - n), name))
      let millis = read()
      // A pause of the machine is no fault of the reader: what seems slow must be slow three times.
      for (let again = 0; again < 2 && millis > 10; again++) millis = Math.min(millis, read())
      const nanosPerByte = (millis * 1e6) / (response.length + 2000)
      if (nanosPerByte > slowest.nanosPerByte) slowest = { nanosPerByte, seed: SEED + n, name }
      bytes += response.length
    }
    const seconds = (performance.now() - started) / 1000
    console.info(
      `${CASES} cases, ${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s; slowest ${slowest.nanosPerByte.toFixed(0)} ns/byte (${slowest.name})`,
    )
    // On an idle core at most 300 ns a byte; the limit only catches what grows faster than its input.
    expect(slowest.nanosPerByte).toBeLessThan(20_000)
  },
)

/** Milliseconds of processor time: other processes do not count. */
function timed(what: () => void): number {
  const before = process.cpuUsage()
  what()
  return process.cpuUsage(before).user / 1000
}

function readDamaged(subject: Subject, response: Buffer, random: () => number, name: string): void {
  const { dialect, operation, path } = subject
  const contentType =
    random() < 0.8 ? subject.contentType : ['', 'websocket', 'application/json', 'text/event-stream'][upTo(random, 4)]!
  try {
    const reader = dialect.createReader({ operation, contentType })
    for (const piece of random() < 0.5 ? [response] : cut(response, random)) reader.push(piece)
    const answer = reader.end()
    JSON.stringify(answer)
    const counts = Object.values(answer.usage ?? {})
    expect(
      counts.every((count) => Number.isFinite(count) && count >= 0),
      name,
    ).toBe(true)
    expect(answer.usageSource === 'none', name).toBe(answer.usage === null)
    const request = parse(damage(subject.request, random))
    if (request !== undefined) JSON.stringify(dialect.readRequest(request, { operation, path }))
  } catch (error) {
    throw new Error(`${name} threw: ${error instanceof Error ? error.stack : String(error)}`, { cause: error })
  }
}

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\n',
  '\r',
  '\n\n',
  '\\',
  'null',
  '1e999',
  '-1',
  'data: ',
  'event: error\n',
  '\0',
  '\xff',
  '"error":',
  '{"type":',
  '[DONE]',
  '__proto__',
]
const VALUES = ['null', '0', '-5', '1e308', '"x"', '""', '[]', '{}', 'true', '[[1]]', '{"a":{"b":[]}}', '"\\ud83d"']

/** One to four injuries: bytes flipped, cut out, doubled, swapped for structure, JSON values of another type. */
function damage(original: Buffer, random: () => number): Buffer {
  let bytes = original
  const injuries = 1 + upTo(random, 4)
  for (let n = 0; n < injuries; n++) {
    const at = upTo(random, bytes.length + 1)
    const until = Math.min(bytes.length, at + upTo(random, 200))
    const kind = upTo(random, 6)
    if (kind === 0)
      bytes = Buffer.from(bytes.map((byte, place) => (place >= at && place < at + 3 ? upTo(random, 256) : byte)))
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(until)])
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, until), bytes.subarray(at)])
    else if (kind === 3) bytes = bytes.subarray(0, at)
    else if (kind === 4) {
      const token = Buffer.from(TOKENS[upTo(random, TOKENS.length)]!, 'latin1')
      bytes = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at)])
    } else bytes = swapValue(bytes, at, VALUES[upTo(random, VALUES.length)]!)
  }
  return bytes
}

/** Still JSON, but not the type that anybody expects. */
function swapValue(bytes: Buffer, from: number, value: string): Buffer {
  const text = bytes.toString('latin1')
  const match = /":\s*("(?:[^"\\]|\\.){0,500}"|-?\d[\d.e+-]*|true|false|null|\[\]|\{\})/.exec(
    text.slice(from, from + 2000),
  )
  if (!match) return bytes
  const start = from + match.index + match[0].length - match[1]!.length
  return Buffer.from(text.slice(0, start) + value + text.slice(start + match[1]!.length), 'latin1')
}

function fromFixtures(): Subject[] {
  return dialects.flatMap((dialect) => {
    const { operation, path, request, whole, stream } = fixtures[dialect.name]!
    const base = { dialect, operation, path, request: Buffer.from(JSON.stringify(request)) }
    const subject = { ...base, contentType: 'application/json', response: Buffer.from(JSON.stringify(whole)) }
    return stream
      ? [subject, { ...base, contentType: stream.contentType, response: Buffer.from(stream.events.join('')) }]
      : [subject]
  })
}

function fromRecordings(): Subject[] {
  return (loadRecordings() ?? []).flatMap((recording) => {
    const served = builtinProviders.find(({ name }) => name === recording.provider)?.dialects.map(dialectByName) ?? []
    const hit = recognise([...served, dialectByName('generic')], recording.method, recording.path)
    const { path, contentType, requestBody: request, responseBody: response } = recording
    if (!hit || response.length > MAX_SIZE) return []
    return [{ dialect: hit.dialect, operation: hit.operation.name, path, contentType, request, response }]
  })
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

describe('size', () => {
  const text = 'x'.repeat(8 * 2 ** 20)
  const chat = `{"choices":[{"index":0,"delta":{"content":"${text}"}}]}`
  test.each([
    ['one SSE line', 'text/event-stream', `data: ${chat}\n\ndata: [DONE]\n\n`],
    ['one SSE line that never ends', 'text/event-stream', `data: ${chat}`],
    ['one JSON line', 'application/x-ndjson', `${chat}\n`],
    ['a whole body', 'application/json', chat.replace('delta', 'message')],
    [
      'a million events',
      'text/event-stream',
      `data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n`.repeat(100_000),
    ],
    ['carriage returns', 'text/event-stream', 'data: {}\r\r'.repeat(500_000)],
  ])('%s of 8 MB is read in linear time', (_, contentType, body) => {
    const bytes = Buffer.from(body)
    const read = (size: number) => {
      const reader = dialectByName('openai-chat').createReader({ operation: 'chat', contentType })
      return timed(() => {
        for (let at = 0; at < size; at += 1400) reader.push(bytes.subarray(at, Math.min(size, at + 1400)))
        reader.end()
      })
    }
    read(bytes.length >> 2)
    const quarter = read(bytes.length >> 2)
    // Four times the bytes; quadratic would be sixteen times. What a busy machine slows down once it does not slow down three times.
    let all = Infinity
    for (let again = 0; again < 3 && all > quarter * 10 + 500; again++) all = Math.min(all, read(bytes.length))
    expect(all).toBeLessThanOrEqual(quarter * 10 + 500)
  })
})
