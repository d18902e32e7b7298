// kill -9 loses no count: what was stored, what was only in the journal, and what was under way counts for the process after.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProcess, type WeirProcess } from '../support/process.ts'
import { chatAnswer, json, startProvider } from '../support/provider.ts'

test('after kill -9 the counts go on where they were', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-limits-'))
  const provider = await startProvider(json(chatAnswer()))
  let weir: WeirProcess | null = null
  onTestFinished(async () => {
    await weir?.kill()
    await provider.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  const options = {
    dataDir,
    providers: { openai: provider.url },
    env: {
      WEIR_LIMITS:
        '[{ on: team, per: month, requests: 8 }, { on: team, per: { rolling: 24h }, cost: 10 }, { on: global, concurrency: 5 }]',
    },
  }
  const call = async (url: string) => {
    const body = JSON.stringify({ model: 'gpt-5-mini', max_tokens: 16, messages: [{ role: 'user', content: 'Hi' }] })
    const answer = await fetch(`${url}/t/team=search/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-x', 'content-type': 'application/json' },
      body,
    })
    await answer.text()
    return answer.status
  }
  const used = async () => {
    const { items } = await weir!.api('/budgets')
    return Object.fromEntries(items.map((item: any) => [item.limit.unit, item.used]))
  }

  weir = await startProcess(options)
  for (let i = 0; i < 4; i++) expect(await call(weir.url)).toBe(200)
  // One is under way, and the last ones have hardly been recorded.
  const asked = Promise.withResolvers<void>()
  provider.answer(() => asked.resolve())
  const cut = call(weir.url).catch(() => 'cut')
  await asked.promise
  await weir.kill()
  expect(await cut).toBe('cut')
  provider.answer(json(chatAnswer()))

  weir = await startProcess(options)
  expect(await call(weir.url)).toBe(200)
  // 4 answered, 1 cut off, 1 now.
  await expect.poll(async () => (await used())['requests'], { timeout: 10_000 }).toBe(6)
  const { cost, concurrency } = await used()
  // 12 tokens in and 5 out, of gpt-5-mini; the one that was cut off is not known.
  expect(cost).toBeGreaterThanOrEqual(5 * 13e-6 - 1e-9)
  expect(concurrency).toBe(0)
  expect([await call(weir.url), await call(weir.url), await call(weir.url)]).toEqual([200, 200, 429])
})
