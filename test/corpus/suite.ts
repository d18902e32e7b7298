/**
 * Every recorded exchange with fifteen providers goes through a running Weir, in one piece and cut anywhere, plain and compressed:
 * both ends must get what the other one sent, each exchange must leave one row, and the row must say what the body says.
 * `npm test` sends each recording in three ways, the compressions in turn; `npm run prove` in all eight.
 */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Call, Usage } from '../../server/call.ts'
import { loadRecordings, type Recording } from '../support/corpus.ts'
import { readPlainly, readToolNames, saysError } from '../support/oracle.ts'
import { seeded, upTo } from '../support/random.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { type Exchange, toExchanges, type Ways } from './exchange.ts'
import { type Replay, startReplay } from './replay.ts'

export function recordedTraffic(ways: Ways): void {
  const recordings = loadRecordings()
  describe.skipIf(!recordings)(`recorded traffic through Weir, each in ${ways} ways`, () => suite(recordings!, ways))
}

function suite(recordings: Recording[], ways: Ways): void {
  let exchanges: Exchange[]
  let replay: Replay
  let weir: TestWeir
  let ids: Map<Exchange, string>
  const rows = new Map<string, Call>()

  beforeAll(async () => {
    exchanges = toExchanges(recordings, ways)
    replay = await startReplay(exchanges)
    const names = [...new Set(recordings.map(({ provider }) => provider))]
    weir = await startWeir({ providers: Object.fromEntries(names.map((name) => [name, replay.url])) })
    ids = await replay.send(weir.port)
    for (const call of await weir.recordedCount(exchanges.length)) rows.set(call.id, call)
  })
  afterAll(async () => {
    await weir?.close()
    await replay?.close()
  })
  const rowOf = (exchange: Exchange): Call => rows.get(ids.get(exchange)!)!

  test('the provider gets method, path, headers and bytes as they were sent', () => {
    expect(replay.differences.request).toEqual([])
  })

  test('the client gets status, reason, headers and bytes as they were sent', () => {
    expect(replay.differences.answer).toEqual([])
  })

  test('each exchange has left one row, and there are no others', async () => {
    expect(new Set(ids.values()).size).toBe(exchanges.length)
    expect(weir.calls.length).toBe(exchanges.length)
    expect([...ids.values()].filter((id) => !rows.has(id))).toEqual([])
    const { count } = await weir.api('/calls/count')
    expect(count).toBe(exchanges.length)
  })

  test('the row has the facts of the wire', () => {
    for (const exchange of exchanges) {
      const { recording, request: asked, answer, name } = exchange
      const failed =
        recording.status >= 400 ||
        (isReadable(recording) && saysError(recording.contentType, recording.status, recording.responseBody.toString()))
      expect(rowOf(exchange), name).toMatchObject({
        provider: recording.provider,
        method: recording.method,
        status: recording.status,
        outcome: failed ? 'error' : 'ok',
        requestBytes: asked.body.length,
        responseBytes: answer.body.length,
        requestId: 'req_corpus',
        truncated: false,
        changes: [],
        decodeError: isBroken(recording)
          ? `request: ${recording.requestBody.length} bytes that are not valid JSON`
          : null,
      })
    }
  })

  test('the row says what the body says: model, usage, finish reason, tool calls', () => {
    const counts: Record<string, Record<string, number>> = {}
    for (const exchange of exchanges) {
      const { recording } = exchange
      const row = rowOf(exchange)
      const dialect = dialectOf(recording)
      const group = (counts[recording.provider] ??= {
        recordings: 0,
        exchanges: 0,
        'bytes only': 0,
        'rows equal': 0,
        'with usage': 0,
        'with tool calls': 0,
      })
      group['exchanges']!++
      if (exchange.packing === 'plain' && !exchange.isCut) group['recordings']!++
      if (dialect === null || !isReadable(recording)) {
        group['bytes only']!++
        continue
      }
      expect(row.dialect, exchange.name).toBe(dialect)
      checkRow(exchange, row)
      group['rows equal']!++
      if (row.usageSource === 'provider') group['with usage']!++
      if (row.toolCalls.length > 0) group['with tool calls']!++
    }
    console.table(counts)
    expect(Object.keys(counts)).toHaveLength(15)
    const total = (column: string) => Object.values(counts).reduce((sum, group) => sum + group[column]!, 0)
    expect(total('rows equal')).toBeGreaterThanOrEqual(READ * ways)
    expect(total('with usage')).toBeGreaterThanOrEqual(WITH_USAGE * ways)
    expect(total('with tool calls')).toBeGreaterThanOrEqual(WITH_TOOLS * ways)
  })

  test('the API gives the bytes of the wire', async () => {
    const random = seeded(100)
    for (let n = 0; n < 100; n++) {
      const exchange = exchanges[upTo(random, exchanges.length)]!
      const id = ids.get(exchange)!
      for (const [kind, { body }] of [
        ['request', exchange.request],
        ['response', exchange.answer],
      ] as const) {
        const got = await download(weir.port, `/api/calls/${id}/${kind}`)
        // Nothing was sent, so nothing is kept: the API says so instead of giving an empty body.
        expect(got.status, `${exchange.name} ${kind}`).toBe(body.length > 0 ? 200 : 404)
        if (body.length > 0) expect(got.body.equals(body), `${exchange.name} ${kind}`).toBe(true)
      }
    }
  })
}

/**
 * Of 1,797 recordings: all but Bedrock Converse, Cohere's own API, and housekeeping (files, caches, realtime sessions). A corpus
 * may grow; a reader that stops seeing usage must not pass because there is nothing left to compare.
 */
const READ = 1459
const WITH_USAGE = 1402
const WITH_TOOLS = 685

/** Three requests look like JSON and are none: two uploads of text under its name, and one that lost its end. */
function isBroken({ requestHeaders, requestBody }: Recording): boolean {
  const text = requestBody.toString()
  if (text === '' || !(requestHeaders['content-type'] === 'application/json' || /^[{[]/.test(text))) return false
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

/** By the documentation of the providers; asked of nothing that is under test. */
const PATHS: [RegExp, string][] = [
  [/\/chat\/completions$/, 'openai-chat'],
  [/\/responses(\/[^/]+)?$/, 'openai-responses'],
  [/\/v1\/embeddings$/, 'openai-embeddings'],
  [/\/messages$|\/messages\/count_tokens$|\/model\/[^/]*anthropic\.[^/]+\/invoke$/, 'anthropic-messages'],
  [/:(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)$/, 'gemini'],
]

function dialectOf({ path }: Recording): string | null {
  const bare = path.split('?', 1)[0]!
  return PATHS.find(([pattern]) => pattern.test(bare))?.[1] ?? null
}

const isReadable = ({ contentType, responseBody }: Recording): boolean =>
  contentType.includes('event-stream') || /^\s*[{[]/.test(responseBody.toString('latin1', 0, 20))

function checkRow({ name, recording }: Exchange, row: Call): void {
  const body = recording.responseBody.toString()
  const said = readPlainly(row.dialect!, row.operation!, recording.contentType, body)
  const measured = row.usageSource === 'provider' ? row.usage : null
  const read = {
    model: row.responseModel,
    finish: row.finishReason,
    input: measured && sum(measured, INPUT),
    output: measured && sum(measured, OUTPUT),
    cached: (measured?.cacheRead ?? 0) + (measured?.audioCacheRead ?? 0),
  }
  const { tools: _, ...rest } = said
  expect(read, name).toEqual(rest)
  expect(row.toolCalls, name).toEqual(readToolNames(row.dialect!, recording.contentType, body))
  expect(row.model, name).toBe(askedModel(recording))
}

const INPUT = [
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'audioInput',
  'audioCacheRead',
  'imageInput',
  'videoInput',
] as const
const OUTPUT = ['output', 'reasoning', 'audioOutput', 'imageOutput'] as const

const sum = (usage: Usage, buckets: readonly (keyof Usage)[]) =>
  buckets.reduce((total, bucket) => total + (usage[bucket] ?? 0), 0)

/** From the body, else from the path (Gemini, Bedrock, Azure). */
function askedModel({ requestBody, path }: Recording): string | null {
  const stated = requestBody.length > 0 ? (JSON.parse(requestBody.toString()) as { model?: string }).model : undefined
  const inPath = (/\/model\/(.+)\/invoke$/.exec(path) ?? /\/(?:models|deployments)\/([^/:?]+)/.exec(path))?.[1]
  return stated ?? (inPath === undefined ? null : decodeURIComponent(inPath))
}

function download(port: number, path: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path }, async (incoming) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      resolve({ status: incoming.statusCode!, body: Buffer.concat(chunks) })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
