// A route as it works, seen from its page and from a call: the first target refuses, the second answers, both can be read.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { builtDashboard, noBrowser, startChrome, type Chrome } from './browser.ts'

const TOKEN = 'wa_a_token_for_the_routes_page'

describe.skipIf(noBrowser)('routes', () => {
  let chrome: Chrome
  let providers: FakeProvider[]
  let weir: TestWeir
  let page: Page

  beforeAll(async () => {
    chrome = await startChrome()
    providers = [
      await startProvider(json({ error: { message: 'too many', code: 'rate_limit_exceeded' } }, { status: 429 })),
      await startProvider(json(chatAnswer())),
    ]
    weir = await startWeir({
      assetsDir: await builtDashboard(),
      providers: { near: providers[0]!, far: providers[1]! },
      config: {
        adminToken: TOKEN,
        providers: { near: { apiKey: 'sk-near-0123456789' }, far: { apiKey: 'sk-far-0123456789' } },
        routes: { fast: { targets: ['near/small', 'far/small'] } },
      },
    })
  })
  afterEach(async () => {
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })
  afterAll(async () => {
    await chrome.close()
    await weir.close()
    for (const provider of providers) await provider.close()
  })

  test('the page shows who rests and why; the call shows each attempt', async () => {
    const answer = await fetch(`${weir.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    expect(answer.status).toBe(200)
    await weir.recordedCount(1)

    page = await chrome.open(`${weir.url}/app/routes`)
    const route = page.getByRole('region', { name: 'fast' })
    await route.getByRole('row').filter({ hasText: 'near/small' }).getByText('cooling').waitFor()
    await route.getByRole('row').filter({ hasText: 'far/small' }).getByText('ok').waitFor()
    await page.getByRole('region', { name: 'Providers' }).getByText('near').waitFor()

    await route.getByRole('link', { name: 'its calls' }).click()
    await page.locator('[role=grid] .row').first().click()
    const attempts = page.getByRole('region', { name: 'Attempts' })
    await attempts.getByText('2 attempts by route fast').waitFor()
    await attempts.getByText('near/small', { exact: true }).waitFor()
    await attempts.getByText('429', { exact: true }).waitFor()
    await attempts.getByText('200', { exact: true }).waitFor()
  })
})
