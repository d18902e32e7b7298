// The official `ollama` package speaks Ollama's own API, which no dialect of Weir's knows yet: it passes like everything else, line
// by line, and is kept and shown raw.
import { Ollama } from 'ollama'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ClientHouse, openClientHouse, thrownBy } from '../support/client-house.ts'
import { ollamaLines } from '../support/formats.ts'
import { TEXT } from '../support/formats-openai.ts'
import { json } from '../support/provider.ts'

let house: ClientHouse
let ollama: Ollama

beforeAll(async () => {
  house = await openClientHouse(['ollama'])
  ollama = new Ollama({ host: house.at('/ollama') })
})
beforeEach(() => house.reset())
afterAll(() => house?.close())

const question = { model: 'llama3.2', messages: [{ role: 'user', content: 'Good day?' }] }
const raw = {
  provider: 'ollama',
  dialect: 'generic',
  operation: 'other',
  model: 'llama3.2',
  billing: 'free',
  usage: null,
  usageSource: 'none',
  decodeError: null,
}

test('a whole answer', async () => {
  const answer = await ollama.chat(question)
  expect(answer).toMatchObject({ message: { content: TEXT }, eval_count: 5 })
  expect(await house.row()).toMatchObject({ ...raw, outcome: 'ok', stream: false, path: '/ollama/api/chat' })
})

test('a stream of lines', async () => {
  let said = ''
  for await (const part of await ollama.chat({ ...question, stream: true })) said += part.message.content
  expect(said).toBe(TEXT)
  const row = await house.row()
  expect(row).toMatchObject({ ...raw, outcome: 'ok', stream: true })
  expect((await house.body(row, 'response')).toString()).toBe(ollamaLines({ ...question, stream: true }).join(''))
})

test('an error of the server is thrown and stands in the row', async () => {
  house.answer(json({ error: 'model "llama3.2" not found, try pulling it first' }, { status: 404 }))
  const error = await thrownBy(() => ollama.chat(question))
  expect(error.message).toContain('not found, try pulling it first')
  expect(await house.row()).toMatchObject({
    ...raw,
    outcome: 'error',
    status: 404,
    errorMessage: 'model "llama3.2" not found, try pulling it first',
  })
})
