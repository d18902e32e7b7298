// Every field and operator of the filter finds what it says; the list is stable under inserts; nothing in a filter is SQL.
import { beforeAll, expect, test } from 'vitest'
import { countCalls } from '../../db/queries/count-calls.ts'
import { exportCalls } from '../../db/queries/export-calls.ts'
import { findId } from '../../db/queries/find-id.ts'
import { histogram } from '../../db/queries/histogram.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import { suggest } from '../../db/queries/suggest.ts'
import { NOON, toCall, toPayload, toRecorded } from './calls.ts'
import { describeDatabases } from './databases.ts'
import type { Opened } from './databases.ts'

const A = {
  provider: 'openai',
  model: 'gpt-5.1',
  responseModel: 'gpt-5.1-2025-11-13',
  status: 200,
  stream: true,
  firstTokenMs: 300,
  durationMs: 6000,
  usage: { input: 500, output: 100, reasoning: 20, imageInput: 3 },
  costNano: 200_000_000,
  user: 'Ann',
  key: 'web',
  team: 'red',
  app: 'curl',
  sessionId: 's-1',
  tags: { feature: 'search', env: 'prod' },
  tools: ['f'],
  toolCalls: ['f'],
  finishReason: 'tool_calls',
  requestId: 'req_A1',
  responseId: 'chatcmpl-9Xa_B',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  findings: ['repeat'],
  changes: [{ what: 'w', why: 'y' }],
  route: 'fast',
  target: 'openai/gpt-5.1',
}
const B = {
  provider: 'anthropic',
  dialect: 'anthropic-messages',
  operation: 'messages',
  model: 'claude-sonnet-4-5',
  responseModel: null,
  status: 529,
  outcome: 'error' as const,
  errorCode: 'overloaded_error',
  errorMessage: 'Servers are 100% overloaded',
  usage: null,
  usageSource: 'none' as const,
  costNano: null,
  user: null,
  durationMs: 90,
  stream: false,
  finishReason: null,
  truncated: true,
  tags: { feature: 'größe' },
  cache: 'miss' as const,
  app: null,
}
const C = {
  provider: 'ollama',
  model: 'llama',
  responseModel: 'llama',
  status: 200,
  usage: { input: 1, output: 1, audioOutput: 2 },
  costNano: 0,
  billing: 'free' as const,
  usageSource: 'estimated' as const,
  durationMs: 1000,
  user: 'Bob',
  auxiliary: true,
  target: 'ollama',
}

const CASES: [string, string][] = [
  ['', 'ABC'],
  ['model:gpt-5.1', 'A'],
  ['model:gpt-5.1-2025-11-13', 'A'],
  ['model:GPT-*', 'A'],
  ['model:*a*', 'BC'],
  ['-model:gpt-*', 'BC'],
  ['model:!=llama', 'AB'],
  ['model:~sonnet', 'B'],
  ['model:llama,gpt-5.1', 'AC'],
  ['provider:openai', 'A'],
  ['status:200', 'AC'],
  ['status:>=500', 'B'],
  ['status:5xx', 'B'],
  ['status:200..299', 'AC'],
  ['status:!=200', 'B'],
  ['status:<300', 'AC'],
  ['outcome:error', 'B'],
  ['outcome:error,timeout', 'B'],
  ['error:overloaded_error', 'B'],
  ['error:~100%', 'B'],
  ['error:~10_%', ''],
  ['error:""', 'AC'],
  ['finish:tool_calls', 'A'],
  ['finish:""', 'B'],
  ['cost:>0.1', 'A'],
  ['cost:0', 'C'],
  ['cost:""', 'B'],
  ['cost:!=0', 'AB'],
  ['tokens:>500', 'A'],
  ['input:>=503', 'A'],
  ['output:<=3', 'C'],
  ['duration:>5s', 'A'],
  ['duration:<100ms', 'B'],
  ['ttft:>=300ms', 'A'],
  ['ttft:""', 'BC'],
  ['key:web', 'A'],
  ['team:red', 'A'],
  ['user:Ann', 'A'],
  ['user:""', 'B'],
  ['-user:Ann', 'BC'],
  ['user:!=Ann', 'BC'],
  ['app:curl', 'A'],
  ['session:s-1', 'A'],
  ['route:fast', 'A'],
  ['target:ollama', 'C'],
  ['dialect:anthropic-messages', 'B'],
  ['operation:messages', 'B'],
  ['cache:miss', 'B'],
  ['billing:free', 'C'],
  ['usage:estimated', 'C'],
  ['stream:yes', 'A'],
  ['stream:no', 'BC'],
  ['auxiliary:yes', 'C'],
  ['unpriced:yes', ''],
  ['finding:repeat', 'A'],
  ['finding:rep*', 'A'],
  ['finding:epea', ''],
  ['finding:""', 'BC'],
  ['has:tools', 'A'],
  ['has:toolcalls', 'A'],
  ['has:error', 'B'],
  ['has:reasoning', 'A'],
  ['has:images', 'A'],
  ['has:audio', 'C'],
  ['has:cost', 'AC'],
  ['-has:cost', 'B'],
  ['has:sessions', 'A'],
  ['has:truncated', 'B'],
  ['has:changes', 'A'],
  ['has:content', 'AB'],
  ['has:feedback', ''],
  ['tag.feature:search', 'A'],
  ['tag.feature:größe', 'B'],
  ['-tag.feature:search', 'BC'],
  ['tag.feature:""', 'C'],
  ['tag.env:*', 'A'],
  ['tag.feature:~ear', 'A'],
  ['tag.nothing:x', ''],
  ['id:req_A1', 'A'],
  ['id:chatcmpl-9Xa_B', 'A'],
  ['id:s-1', 'A'],
  ['id:4BF92F3577B34DA6A3CE929D0E0E4736', 'A'],
  ['id:unknown', ''],
  ['provider:openai status:200 has:tools', 'A'],
  ['provider:openai outcome:error', ''],
  // Text: several scripts, beginnings of words, phrases; characters of SQL, FTS5 and tsquery mean nothing.
  ['refund', 'A'],
  ['REFUND', 'A'],
  ['refu', 'A'],
  ['"refund policy"', 'A'],
  ['"policy refund"', ''],
  ['refund river', ''],
  ['naive', 'A'],
  ['naïve', 'A'],
  ['strasse', ''],
  ['Straße', 'A'],
  ['東京', 'B'],
  ['京都', 'B'],
  ['京東', ''],
  ['都庁', 'B'],
  ['สวัสดี', 'B'],
  ['हिन्दी', 'B'],
  ['Привет', 'B'],
  ['прив', 'B'],
  ['مرحبا', 'B'],
  ['안녕하', 'B'],
  ['emoji', 'B'],
  ['snake_case', 'B'],
  ['snake', 'B'],
  [`"' OR 1=1 --"`, ''],
  ['"refund\' policy"', 'A'],
  ['"refund) & !x"', ''],
  ['NEAR', ''],
  ['"text : x"', ''],
  ['refund*', 'A'],
  ['^refund', 'A'],
  ['😀', ''],
  ['provider:openai refund', 'A'],
  ['provider:ollama refund', ''],
]

describeDatabases((databases) => {
  let db: Opened
  beforeAll(async () => {
    db = await databases.open()
    const record = (call: object, text: string, n: number) =>
      toRecorded(
        { ...call, id: `id-${'ABC'[n]}`, startedAt: NOON + n },
        text,
        n < 2 ? [toPayload('request', '{}')] : [],
      )
    await db.record(
      record(A, 'Our refund policy is naïve. Straße.', 0),
      record(B, '東京都庁へ行く สวัสดีครับ हिन्दी भाषा Привет, мир! مرحبا بالعالم 안녕하세요 emoji 😀 snake_case', 1),
      record(C, '', 2),
    )
  }, 60_000)
  const names = async (q: string): Promise<string> => {
    const { items, incomplete } = await listCalls(db.read, { q })
    expect(incomplete === null || items.length === 0).toBe(true)
    return items
      .map(({ id }) => id.slice(3))
      .sort()
      .join('')
  }

  test.each(CASES)('%s finds %s', async (q, expected) => {
    expect(await names(q)).toBe(expected)
    expect((await countCalls(db.read, { q })).count).toBe(expected.length)
    const exported: string[] = []
    for await (const call of exportCalls(db.read, { q })) exported.push(call.id.slice(3))
    expect(exported.join('')).toBe(expected)
  })

  test('a filter that is not understood finds nothing and says why', async () => {
    const { items, incomplete } = await listCalls(db.read, { q: 'modle:x' })
    expect(items).toEqual([])
    expect(incomplete).toContain('did you mean model')
    await expect(exportCalls(db.read, { q: 'modle:x' }).next()).rejects.toThrow('modle')
  })

  test('the range is from inclusive to exclusive', async () => {
    const ids = (await listCalls(db.read, { from: NOON + 1, to: NOON + 2 })).items.map(({ id }) => id)
    expect(ids).toEqual(['id-B'])
    const { step, points } = await histogram(db.read, { from: NOON, to: NOON + 4, buckets: 4 })
    expect([step, points.map(({ calls }) => calls), points.map(({ errors }) => errors)]).toEqual([
      1,
      [1, 1, 1, 0],
      [0, 1, 0, 0],
    ])
  })

  test('pasted ids open what they belong to', async () => {
    const call = [{ kind: 'call', id: 'id-A' }]
    for (const id of ['req_A1', 'chatcmpl-9Xa_B', A.traceId, A.traceId.toUpperCase()])
      expect(await findId(db.read, { id })).toEqual(call)
    expect(await findId(db.read, { id: 's-1' })).toEqual([{ kind: 'session', id: 's-1' }])
    expect(await findId(db.read, { id: 'chatcmpl-9XaB' })).toEqual([])
    expect(await findId(db.read, { id: 'nothing-of-the-kind' })).toEqual([])
  })

  test('suggestions are real values, most used first', async () => {
    const values = async (field: string, prefix = '') =>
      (await suggest(db.read, { field, prefix, to: NOON + 3_600_000 })).values.map(({ value }) => value)
    expect((await values('provider')).sort()).toEqual(['anthropic', 'ollama', 'openai'])
    expect(await values('model', 'sonnet')).toEqual(['claude-sonnet-4-5'])
    expect((await values('tag')).sort()).toEqual(['env', 'feature'])
    expect(await values('tag.env')).toEqual(['prod'])
    expect(await values('status', '5')).toEqual(['529'])
    expect(await values('user', '%')).toEqual([])
    expect(await values('outcome', 'client')).toEqual(['client_abort'])
  })

  test('pages by cursor show each call once while new calls come in', async () => {
    const { read, record } = await databases.open()
    // Five a millisecond: the id decides within one.
    const calls = Array.from({ length: 60 }, (_, n) => toCall({ startedAt: NOON + Math.floor(n / 5) }))
    await record(...calls.map((call) => ({ call, payloads: [], searchText: '' })))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await listCalls(read, { limit: 7, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next
      await record(toRecorded({ startedAt: NOON + 1000 }))
    } while (cursor)
    const order = calls.map(({ id }) => id).reverse()
    expect(seen).toEqual(order)
    const oldest = await listCalls(read, { limit: 10, order: 'oldest' })
    expect(oldest.items.map(({ id }) => id)).toEqual(calls.slice(0, 10).map(({ id }) => id))
    const second = await listCalls(read, { limit: 10, order: 'oldest', cursor: oldest.next })
    expect(second.items.map(({ id }) => id)).toEqual(calls.slice(10, 20).map(({ id }) => id))
    await expect(listCalls(read, { cursor: 'rubbish' })).rejects.toThrow('cursor')
  })
})
