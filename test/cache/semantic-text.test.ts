// Only a user's own words may differ between two questions that share an answer: found in every dialect, and nowhere else.
import { expect, test } from 'vitest'
import { lastUserText, MAX_TEXT, numbersIn } from '../../server/cache/semantic-text.ts'
import { scanTopLevel } from '../../server/gateway/scan.ts'

const EVERY = { has: () => true } as unknown as ReadonlySet<string>
const find = (body: object | string) => {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const found = lastUserText(bytes, scanTopLevel(bytes, EVERY)!)
  return found && { text: found.text, written: bytes.toString('utf8', found.start, found.end) }
}
const user = (content: unknown) => ({ role: 'user', content })
const tool = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Sunny.' }

test.each([
  ['chat', { messages: [user('first'), { role: 'assistant', content: 'x' }, user('Is it "here"?')] }, 'Is it "here"?'],
  ['chat parts', { messages: [user([{ type: 'text', text: 'Is it?' }])] }, 'Is it?'],
  [
    'messages',
    {
      system: 's',
      messages: [
        user([
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ]),
      ],
    },
    'b',
  ],
  ['responses, a string', { input: 'Is it?', tools: [] }, 'Is it?'],
  ['responses, items', { input: [{ type: 'message', ...user([{ type: 'input_text', text: 'Is it?' }]) }] }, 'Is it?'],
  ['gemini', { contents: [{ role: 'user', parts: [{ text: 'Is it?' }] }] }, 'Is it?'],
  ['gemini without a role', { contents: [{ parts: [{ text: 'Is it?' }] }] }, 'Is it?'],
])('the last user text of %s, with its place', (_, body, text) => {
  expect(find(body)).toEqual({ text, written: JSON.stringify(text) })
})

test('spaces, escapes and what comes after do not disturb the place', () => {
  const body = '{ "messages" : [ {"content":"a \\u00e9 \\"b\\"" , "role":"user"} ] , "model":"m" }'
  expect(find(body)).toEqual({ text: 'a é "b"', written: '"a \\u00e9 \\"b\\""' })
})

test.each([
  ['a tool’s result', { messages: [user([tool])] }],
  ['a tool’s result with words', { messages: [user([tool, { type: 'text', text: 'go on' }])] }],
  ['an OpenAI tool message', { messages: [{ role: 'tool', tool_call_id: '1', content: 'Sunny.' }] }],
  ['a function’s output', { input: [{ type: 'function_call_output', call_id: '1', output: 'Sunny.' }] }],
  [
    'an image',
    {
      messages: [
        user([
          { type: 'image_url', image_url: { url: 'data:,' } },
          { type: 'text', text: 'a' },
        ]),
      ],
    },
  ],
  ['inline data', { contents: [{ role: 'user', parts: [{ inlineData: { data: '' } }, { text: 'a' }] }] }],
  ['the beginning of an answer', { messages: [user('a'), { role: 'assistant', content: 'Well,' }] }],
  ['a system message', { messages: [{ role: 'system', content: 'a' }] }],
  ['no message', { messages: [] }],
  ['nothing said', { messages: [user('  ')] }],
  ['a very long text', { messages: [user('a'.repeat(MAX_TEXT))] }],
  ['two histories', { messages: [user('a')], input: 'b' }],
  ['a prompt', { prompt: 'a' }],
])('there is none in %s', (_, body) => {
  expect(find(body)).toBeNull()
})

test('numbers, dates and codes count by what they say, not by how the sentence goes on', () => {
  expect(numbersIn('Order A-17, of 2026-11-23: €4.50?')).toEqual(['a-17', '2026-11-23', '4.50'])
  expect(numbersIn('what about order A-17 (2026-11-23), 4.50')).toEqual(['a-17', '2026-11-23', '4.50'])
  expect(numbersIn('no digits at all')).toEqual([])
})
