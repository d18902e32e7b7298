// What the cache does is seen on the page Routes, and it can be emptied there, after a question.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { axe, builtDashboard, noBrowser, startChrome, type Chrome } from './browser.ts'

describe.skipIf(noBrowser)('the cache panel', () => {
  let chrome: Chrome
  let provider: FakeProvider
  let weir: TestWeir

  beforeAll(async () => {
    chrome = await startChrome()
    provider = await startProvider(json(chatAnswer()))
    weir = await startWeir({
      assetsDir: await builtDashboard(),
      providers: { openai: provider },
      config: { cache: { mode: 'on' } },
    })
  })
  afterAll(async () => {
    await chrome.close()
    await weir.close()
    await provider.close()
  })
  const ask = async () => {
    const answer = await fetch(`${weir.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-of-a-client', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await answer.arrayBuffer()
    await weir.recorded(answer.headers.get('x-weir-call-id')!)
    return answer.headers.get('x-weir-cache')
  }

  test('a hit shows in its figures; emptied, it asks the provider again', async () => {
    expect([await ask(), await ask()]).toEqual(['miss', 'hit'])
    const page = await chrome.open(`${weir.url}/app/routes`)
    // The page's own questions wait for a reader thread that starts with them.
    page.setDefaultTimeout(60_000)
    const panel = page.getByRole('region', { name: 'Cache', exact: true })
    await panel.getByText('1 of 2').waitFor()
    await panel.getByText('1 answer,').waitFor()
    expect(await axe(page)).toEqual([])

    await panel.getByRole('button', { name: 'Empty…' }).click()
    const sheet = page.getByRole('dialog', { name: 'Empty the cache?' })
    await sheet.getByRole('button', { name: 'Keep it' }).click()
    await sheet.waitFor({ state: 'detached' })
    expect((await weir.api('/cache')).entries).toBe(1)

    await panel.getByRole('button', { name: 'Empty…' }).click()
    await sheet.getByRole('button', { name: 'Empty the cache' }).click()
    await panel.getByText('One answer went.').waitFor()
    await panel.getByText('0 answers,').waitFor()
    expect(await ask()).toBe('miss')
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })
})
