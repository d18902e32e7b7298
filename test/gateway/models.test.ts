// Clients ask for the model list at their start and wait: it never waits for the database, never fails for it, and has what the
// configuration names, of the providers that /v1 can reach.
import { expect, onTestFinished, test } from 'vitest'
import { createKnownModels } from '../../server/gateway/models.ts'
import { startWeir } from '../support/weir.ts'

const GPT = { provider: 'openai', model: 'gpt-5-mini' }

test('a database that does not answer costs 700 ms, and its late answer serves the next one', async () => {
  const asked: PromiseWithResolvers<(typeof GPT)[]>[] = []
  const known = createKnownModels(() => {
    asked.push(Promise.withResolvers())
    return asked.at(-1)!.promise
  })
  const before = performance.now()
  expect(await Promise.all([known(), known()])).toEqual([[], []])
  expect(performance.now() - before).toBeLessThan(5000)
  expect(asked).toHaveLength(1)
  asked[0]!.resolve([GPT])
  await asked[0]!.promise
  expect(await known()).toEqual([GPT])
})

test('a database that is away is no error: the last list stays', async () => {
  let answer = async () => [GPT]
  const known = createKnownModels(() => answer())
  expect(await known()).toEqual([GPT])
  answer = async () => Promise.reject(new Error('the database is away'))
  expect(await known()).toEqual([GPT])
})

const list = async (weir: { url: string }, headers: Record<string, string> = {}): Promise<string[]> => {
  const answer = await fetch(`${weir.url}/v1/models?limit=1000`, { headers })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}

test('configured models are listed, at once; providers that /v1 cannot reach are not', async () => {
  const weir = await startWeir({
    config: {
      providers: {
        'my-own': { baseUrl: 'http://127.0.0.1:9', models: ['special'] },
        vertex: { models: ['gemini-elsewhere'] },
        anthropic: { models: ['claude-special'] },
      },
    },
  })
  onTestFinished(() => weir.close())
  const shown = await list(weir)
  expect(shown).toEqual(expect.arrayContaining(['my-own/special', 'anthropic/claude-special']))
  expect(shown.filter((id) => /^(vertex|openai)\//.test(id))).toEqual([])
  expect(await list(weir, { 'anthropic-version': '2023-06-01' })).toContain('claude-special')
})
