// Every recorded answer, whole and cut anywhere, must say what its body says: model, tokens, finish reason, tool calls.
// The oracle reads the body in the plainest way and shares no code with the readers.
import { describe, expect, test } from 'vitest'
import type { Usage } from '../../server/call.ts'
import type { Answer } from '../../server/dialects/dialect.ts'
import { dialectByName, recognise } from '../../server/dialects/registry.ts'
import { builtinProviders } from '../../server/providers/builtin.ts'
import { loadRecordings, type Recording } from '../support/corpus.ts'
import { cut, seeded } from '../support/random.ts'
import { readPlainly, saysError, type Said } from '../support/oracle.ts'

const recordings = loadRecordings()

describe.skipIf(!recordings)('recorded answers', () => {
  const known = (recordings ?? []).flatMap((recording) => {
    const served = builtinProviders.find(({ name }) => name === recording.provider)?.dialects.map(dialectByName) ?? []
    const hit = recognise(served, recording.method, recording.path)
    return hit && hit.dialect.name !== 'openai-other' && isJson(recording)
      ? [{ recording, dialect: hit.dialect, operation: hit.operation.name }]
      : []
  })

  test('whole: the reader says what the body says', () => {
    for (const { recording, dialect, operation } of known) {
      const reader = dialect.createReader({ operation, contentType: recording.contentType })
      reader.push(recording.responseBody)
      check(
        recording,
        reader.end(),
        readPlainly(dialect.name, operation, recording.contentType, recording.responseBody.toString()),
      )
      expect(reader.problem, recording.id).toBeNull()
    }
    const counts = Map.groupBy(known, ({ recording, dialect }) => `${recording.provider} ${dialect.name}`)
    console.info(
      `${known.length} recordings read:`,
      [...counts].map(([name, all]) => `${name} ${all.length}`).join(' · '),
    )
    expect(known.length).toBeGreaterThan(1450)
  })

  test('cut at random places: the same answer', () => {
    const random = seeded(7)
    for (const { recording, dialect, operation } of known) {
      const context = { operation, contentType: recording.contentType }
      const whole = dialect.createReader(context)
      whole.push(recording.responseBody)
      const pieces = dialect.createReader(context)
      for (const piece of cut(recording.responseBody, random)) pieces.push(piece)
      expect(pieces.end(), recording.id).toEqual(whole.end())
    }
  })

  test('requests: model, messages and tools are there', () => {
    for (const { recording, dialect, operation } of known) {
      const body = parse(recording.requestBody.toString())
      if (!body || !['chat', 'responses'].includes(operation)) continue
      const facts = dialect.readRequest(body, { operation, path: recording.path })
      expect(facts.model, recording.id).toBeTruthy()
      expect(facts.messages.length, recording.id).toBeGreaterThanOrEqual(
        countOf(body.messages ?? body.contents ?? body.input) > 0 ? 1 : 0,
      )
      expect(facts.tools.length > 0, recording.id).toBe(countOf(body.tools) > 0)
    }
  })
})

function check(recording: Recording, answer: Answer, said: Said): void {
  const tools = answer.messages
    .flatMap(({ parts }) => parts)
    .filter((part) => part.type === 'tool_call' && !part.server)
    .map((part) => part.type === 'tool_call' && { name: part.name, arguments: parse(part.arguments) ?? part.arguments })
  const { usage } = answer
  const input =
    usage &&
    sum(usage, [
      'input',
      'cacheRead',
      'cacheWrite',
      'cacheWrite1h',
      'audioInput',
      'audioCacheRead',
      'imageInput',
      'videoInput',
    ])
  const output = usage && sum(usage, ['output', 'reasoning', 'audioOutput', 'imageOutput'])
  const read: Said = {
    model: answer.model,
    finish: answer.finishReason,
    input,
    output,
    cached: (usage?.cacheRead ?? 0) + (usage?.audioCacheRead ?? 0),
    tools: tools as Said['tools'],
  }
  expect(read, recording.id).toEqual(said)
  const failed = saysError(recording.contentType, recording.status, recording.responseBody.toString())
  expect(answer.error !== null, recording.id).toBe(failed)
  expect(answer.complete, recording.id).toBe(ended(recording))
}

const sum = (usage: Usage, buckets: (keyof Usage)[]) =>
  buckets.reduce((total, bucket) => total + (usage[bucket] ?? 0), 0)

const isJson = ({ responseBody, contentType }: Recording) =>
  contentType.includes('event-stream') || /^\s*[{[]/.test(responseBody.toString('latin1', 0, 20))

const ended = ({ contentType, responseBody }: Recording): boolean =>
  !contentType.includes('event-stream') ||
  /^data: \[DONE\]|"message_stop"|"response\.(completed|incomplete|failed)"|"finishReason"|"blockReason"/m.test(
    responseBody.toString(),
  )

function parse(json: string) {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** One cassette has a list of words for its tools. */
const countOf = (value: unknown): number =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'object').length : value ? 1 : 0
