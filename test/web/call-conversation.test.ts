// A conversation is told by what is new: all after the last assistant message is this turn's, and each tool result stands beside its call,
// unless the call was shown in an earlier turn; then the result repeats it. In every dialect, read from the bytes of the wire.
import { expect, test } from 'vitest'
import { toConversation, type ToolUse, type Turn } from '../../web/parts/call/conversation/turns.ts'
import { anthropic } from './harness/cases/anthropic.ts'
import { gemini, openaiChat, openaiTools, responses } from './harness/cases/dialects.ts'
import type { Case } from './harness/case.ts'

const read = (c: Case) => toConversation(c.content.request, c.content.answer)
const uses = (turns: Turn[]) => turns.flatMap((t) => t.blocks.filter((b): b is ToolUse => b.type === 'tool_use'))

test('Anthropic: six messages were seen, one result is new, and its call is repeated to explain it', () => {
  const { earlierMessages, earlier, fresh, answer, system } = read(anthropic)
  expect(earlierMessages).toBe(6)
  expect(system.map((t) => t.role)).toEqual(['system'])
  const [failed, later] = uses(earlier)
  expect(failed).toMatchObject({ call: { name: 'search_orders' }, result: { isError: true }, resultLater: false })
  expect(later).toMatchObject({ result: null, resultLater: true })
  expect(uses(fresh)).toMatchObject([{ call: { id: 'toolu_01Bb22' }, callSeen: true, result: { id: 'toolu_01Bb22' } }])
  expect(answer[0]!.blocks.map((b) => b.type)).toEqual(['reasoning', 'text', 'tool_use'])
  expect(uses(answer)[0]).toMatchObject({
    call: { name: 'get_refund_policy', arguments: '{"order_id": "A-5519", "reason": "customer_request"}' },
    result: null,
  })
})

test('OpenAI Chat: two results of one turn find their calls by id', () => {
  expect(uses(read(openaiTools).fresh).map((u) => [u.call?.arguments.slice(0, 14), u.result?.id])).toEqual([
    ['{"city":"Rome"', 'call_rome'],
    ['{"city":"Oslo"', 'call_oslo'],
  ])
  const { earlierMessages, fresh } = read(openaiChat)
  expect(earlierMessages).toBe(0)
  expect(fresh[0]!.blocks.map((b) => b.type)).toEqual(['text', 'media', 'media'])
})

test('Gemini has no ids: name and order pair', () => {
  expect(uses(read(gemini).fresh)).toMatchObject([{ call: { name: 'kurs' }, callSeen: true, result: { name: 'kurs' } }])
})

test('Responses: reasoning, a search run by the provider, a cited text and a call', () => {
  const { system, answer } = read(responses)
  expect(system).toHaveLength(1)
  const blocks = answer.flatMap((t) => t.blocks)
  expect(blocks.map((b) => b.type)).toEqual(['reasoning', 'tool_use', 'text', 'tool_use'])
  expect(blocks[2]).toMatchObject({ citations: [expect.anything()] })
})

test('nothing is lost when there is nothing to pair, or nothing at all', () => {
  expect(toConversation(null, null)).toEqual({ system: [], earlier: [], earlierMessages: 0, fresh: [], answer: [] })
  const orphan = {
    ...anthropic.content.request!,
    messages: [
      { role: 'tool', parts: [{ type: 'tool_result' as const, id: 'x', name: null, parts: [] }] },
      { role: 'user', parts: [] },
    ],
  }
  const { fresh } = toConversation(orphan, null)
  expect(fresh).toMatchObject([
    { blocks: [{ type: 'tool_use', call: null, result: { id: 'x' } }] },
    { role: 'user', blocks: [] },
  ])
})
