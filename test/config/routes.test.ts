// Mistakes in routes are told at the start, with their line and what was probably meant.
import { expect, test } from 'vitest'
import { mistakesOf } from './folder.ts'

test.each([
  ['targets: [opnai/gpt-5]', /:2:21 .*goes to a provider "opnai", which is not known: did you mean openai\/gpt-5\?/],
  ['targets: [openai/]', /names no model: write openai\/MODEL, or openai for the client’s own model/],
  ['targets: [azure/gpt-5]', /every azure account has an address of its own/],
  ['targets: []', /name at least one target/],
  ['targets: [openai/gpt-5], stratgy: first', /routes\.fast\.stratgy is not an option: did you mean strategy\?/],
  [
    'targets: [openai/gpt-5], strategy: best',
    /"best" is not one of first, weighted, cheapest, fastest, least-busy, rules/,
  ],
  ['targets: [openai/gpt-5], on: [999]', /write 429, 5xx, 4xx, timeout, connect, or one status/],
  ['targets: [{ target: openai/gpt-5, credential: mian }]', /has none with the name "mian": did you mean main\?/],
  [
    'targets: [openai/gpt-5, gem/gemini-3]',
    /targets of a route must speak one language, because requests are not translated: openai speaks OpenAI, gem speaks Gemini/,
  ],
])('%s', (route, says) => {
  const providers =
    'providers: { gem: { baseUrl: http://localhost:1, dialect: gemini }, openai: { apiKeys: [{ name: main, key: k }] } }'
  const mistakes = mistakesOf({ yaml: `routes:\n  fast: { ${route} }\n${providers}\n` })
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]).toMatch(says)
})

test('a route cannot have the name of a provider, nor one that no client can write as a model', () => {
  expect(mistakesOf({ yaml: 'routes: { groq: { targets: [openai/m] } }' })[0]).toContain('is a provider’s name')
  expect(mistakesOf({ yaml: 'routes: { a/b: { targets: [openai/m] } }' })[0]).toContain(
    'cannot be asked for as a model',
  )
})
