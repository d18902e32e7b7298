// What every dialect in the registry must do, whoever writes it: read its own conversation whole, streamed and cut at every byte;
// never take a cut stream for a finished one; read its own errors back; and never throw, whatever comes.
import { describe, expect, test } from 'vitest'
import type { Answer, Dialect } from '../../server/dialects/dialect.ts'
import { dialects, recognise } from '../../server/dialects/registry.ts'
import { fixtures, type Fixture } from './fixtures.ts'

const shape = { status: 429, code: 'rate_limited', message: 'Too many requests for key ann: wait 3 s' }

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))('%s', (name, dialect) => {
  const fixture = fixtures[name]!
  const read = (contentType: string, ...pieces: Uint8Array[]) => {
    const reader = dialect.createReader({ operation: fixture.operation, contentType })
    for (const piece of pieces) reader.push(piece)
    return { answer: reader.end(), problem: reader.problem, contentSeen: reader.contentSeen }
  }

  test('recognises its operation by method and path', () => {
    const hit = recognise([dialect], 'POST', fixture.path)
    expect(hit?.operation.name).toBe(fixture.operation)
    expect(hit?.operation.methods ?? ['POST']).toContain('POST')
  })

  test('reads its request', () => {
    const facts = dialect.readRequest(fixture.request, fixture)
    expect({
      model: facts.model,
      roles: facts.messages.map(({ role }) => role),
      tools: facts.tools.map((tool) => tool.name),
      ...(fixture.asked.session ? { session: facts.session?.id } : {}),
      ...(fixture.asked.user ? { user: facts.user } : {}),
      ...(fixture.asked.maxTokens ? { maxTokens: facts.maxTokens } : {}),
    }).toEqual(fixture.asked)
  })

  test('reads the whole answer, in one piece and byte by byte', () => {
    const bytes = Buffer.from(JSON.stringify(fixture.whole, null, 1))
    const { answer, problem } = read('application/json', bytes)
    expect(problem).toBeNull()
    expect(answer).toMatchObject({ complete: true, events: null, error: null })
    expectAnswer(answer, fixture)
    expect(read('application/json', ...bytewise(bytes)).answer).toEqual(answer)
  })

  test('reads an error of its own', () => {
    const { answer } = read('application/json', Buffer.from(JSON.stringify(fixture.error.body)))
    expect(answer.error).toEqual({ code: fixture.error.code, message: fixture.error.message })
    expect(answer.usage).toBeNull()
  })

  test('its refusal reads back as an error', () => {
    const body = JSON.stringify(dialect.error(shape))
    expect(read('application/json', Buffer.from(body)).answer.error?.message).toBe(shape.message)
  })

  test.each([
    ['nothing', ''],
    ['a blank', '  \n'],
    ['a word', 'x'],
    ['a page', '<html><body>502 Bad Gateway</body></html>'],
    ['null', 'null'],
    ['a number', '7'],
    ['an empty list', '[]'],
    ['a list of lists', '[[[]]]'],
    ['an open string', '{"a":"'],
    ['deep brackets', '['.repeat(50_000)],
    ['deep objects', `${'{"content":['.repeat(20_000)}1${']}'.repeat(20_000)}`],
    ['half an event', 'event: error\ndata: {"typ'],
    ['events that are no objects', 'data: 1\n\ndata: []\n\ndata: null\n\n'],
    ['zeros', '\0\0\0\0\0\0\0\0\0\0'],
  ])('does not throw on %s', (_, text) => {
    for (const contentType of [
      '',
      'application/json',
      'text/event-stream',
      'application/x-ndjson',
      'websocket',
      'audio/mpeg',
    ]) {
      const { answer } = read(contentType, Buffer.from(text))
      expect(answer.usage).toBeNull()
      expect(() => JSON.stringify(answer)).not.toThrow()
    }
  })

  test.each([
    null,
    0,
    'x',
    [],
    [[]],
    {},
    { messages: 7, input: [null], contents: 'x', tools: {}, system: [3], metadata: [] },
  ])('does not throw on the request %j', (body) => {
    expect(dialect.readRequest(body, fixture).messages.length).toBeLessThan(3)
  })

  test('reads odd bytes after a good start', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0xc3, 0x28, 0x22, 0x7d])
    expect(read('application/json', bytes).problem).not.toBeNull()
  })

  // Embeddings and what is kept raw have no stream to read.
  if (!fixture.stream) return
  describe('its stream', () => {
    const { contentType, events } = fixture.stream ?? { contentType: '', events: [] }
    const bytes = Buffer.from(events.join(''))

    test('says the same as the whole answer', () => {
      const { answer, problem, contentSeen } = read(contentType, bytes)
      expect(problem).toBeNull()
      expect(answer.complete).toBe(true)
      expect(answer.usageSource).toBe('provider')
      expect(answer.events).toBeGreaterThan(0)
      expect(contentSeen).toBe(true)
      expectAnswer(answer, fixture)
    })

    test('says the same byte by byte, and with its last blank line missing', () => {
      const { answer } = read(contentType, bytes)
      expect(read(contentType, ...bytewise(bytes)).answer).toEqual(answer)
      const unterminated = Buffer.from(events.join('').trimEnd())
      expect(read(contentType, unterminated).answer).toEqual(answer)
    })

    test('is not complete when it is cut before its last event', () => {
      for (let count = 0; count < events.length - 1; count++) {
        const { answer } = read(contentType, Buffer.from(events.slice(0, count).join('')))
        expect(answer.complete, `${count} events`).toBe(false)
        expect(answer.usageSource === 'none', `${count} events`).toBe(answer.usage === null)
      }
    })

    test('shows content at the first event that has some', () => {
      const reader = dialect.createReader({ operation: fixture.operation, contentType })
      const seenAt = events.findIndex((event) => {
        reader.push(Buffer.from(event))
        return reader.contentSeen
      })
      expect(seenAt).toBe(events.findIndex((event) => /Hm\.|Zwei/.test(event)))
    })

    test('ends in an error that is read as one, when it breaks in the middle', () => {
      const last = dialect.streamError(shape)
      if (last === null) return
      const { answer } = read(contentType.includes('json') ? 'text/event-stream' : contentType, Buffer.from(last))
      expect(answer.error?.message).toBe(shape.message)
      expect(answer.usageSource).toBe('none')
    })
  })
})

const bytewise = (bytes: Buffer) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

function expectAnswer(answer: Answer, { answered }: Fixture): void {
  const parts = answer.messages.flatMap((message) => message.parts)
  const call = parts.find((part) => part.type === 'tool_call')
  expect({
    model: answer.model,
    id: answer.id,
    finishReason: answer.finishReason,
    ...(answered.text ? { text: textOf(parts, 'text') } : {}),
    ...(answered.reasoning ? { reasoning: textOf(parts, 'reasoning') } : {}),
    ...(answered.tool
      ? { tool: call?.type === 'tool_call' && { name: call.name, arguments: JSON.parse(call.arguments) } }
      : {}),
    usage: answer.usage,
  }).toEqual(answered)
}

type Parts = Answer['messages'][number]['parts']

const textOf = (parts: Parts, type: 'text' | 'reasoning') =>
  parts.map((part) => (part.type === type ? part.text : '')).join('')

// A dialect that the registry has and this file does not know would pass unseen.
test('every dialect has a fixture', () => {
  expect(Object.keys(fixtures).toSorted()).toEqual(dialects.map((dialect: Dialect) => dialect.name).toSorted())
})
