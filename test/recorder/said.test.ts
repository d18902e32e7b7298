// Lists show one line of a call and search finds it by what its turn said: both must be a person's text, not JSON, and not the
// whole history that an agent sends again each turn.
import { expect, test } from 'vitest'
import type { Answer, Message, RequestFacts } from '../../server/dialects/dialect.ts'
import { preview } from '../../server/recorder/preview.ts'
import { searchText } from '../../server/recorder/search-text.ts'

const said = (role: string, text: string): Message => ({ role, parts: [{ type: 'text', text }] })
const asks = (...messages: Message[]) => ({ messages }) as RequestFacts
const answers = (...messages: Message[]) => ({ messages }) as Answer

const turn = asks(
  said('system', 'You are a filing clerk.'),
  said('user', 'first question'),
  said('assistant', 'first answer'),
  {
    role: 'tool',
    parts: [
      { type: 'tool_result', id: 't', name: null, parts: [{ type: 'text', text: '{"city":"Zürich","deg":21}' }] },
    ],
  },
  said('user', 'and the second?'),
)

test('search holds the new messages and the answer, with JSON taken apart and its escapes undone', () => {
  const answer = answers({
    role: 'assistant',
    parts: [
      { type: 'text', text: 'I will file it' },
      {
        type: 'tool_call',
        id: 'c',
        name: 'file_letter',
        arguments: String.raw`{"note":"na\u00efve \u96ea","tags":["a1"]}`,
      },
    ],
  })
  const text = searchText(turn, answer)
  for (const word of ['Zürich', 'deg', '21', 'and the second?', 'I will file it', 'file_letter', 'naïve 雪', 'a1']) {
    expect(text).toContain(word)
  }
  for (const word of ['first question', 'first answer', 'filing clerk', String.raw`\u`, '{"'])
    expect(text).not.toContain(word)
})

test('search text is bounded on both sides', () => {
  const long = 'word '.repeat(100_000)
  expect(searchText(asks(said('user', long)), answers(said('assistant', long))).length).toBeLessThanOrEqual(65_537)
})

test('JSON that is nested without end or broken does no harm', () => {
  const deep = `${'['.repeat(5000)}1${']'.repeat(5000)}`
  expect(() => searchText(asks(said('user', deep)), null)).not.toThrow()
  expect(searchText(asks(said('user', '{"broken": ')), null)).toBe('{"broken": ')
})

test('the preview is the last thing said, on one line, at most 200 characters', () => {
  expect(preview(turn, answers(said('assistant', ' a\n\n b\tc ')))).toBe('a b c')
  expect(preview(turn, null)).toBe('and the second?')
  expect(preview(turn, answers({ role: 'assistant', parts: [{ type: 'reasoning', text: 'hm' }] }))).toBe('hm')
  const call: Message = {
    role: 'assistant',
    parts: [{ type: 'tool_call', id: null, name: 'look', arguments: '{"a":1}' }],
  }
  expect(preview(turn, answers(call))).toBe('look({"a":1})')
  const long = preview(null, answers(said('assistant', '😀'.repeat(300)))) as string
  expect(long.length).toBeLessThanOrEqual(200)
  expect(long.isWellFormed()).toBe(true)
  expect(preview(null, null)).toBeNull()
})
