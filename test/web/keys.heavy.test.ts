// The life of a key as its owner sees it, in a real browser before a real Weir: made, shown once, used, refused at its limit, revoked.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { axe, builtDashboard, noBrowser, soon, startChrome, type Chrome } from './browser.ts'

const ANSWER = {
  id: 'chatcmpl-1',
  model: 'gpt-5-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello, shore.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 4, total_tokens: 16 },
}

describe.skipIf(noBrowser)('keys', () => {
  let chrome: Chrome
  let provider: FakeProvider
  let weir: TestWeir
  let page: Page

  beforeAll(async () => {
    chrome = await startChrome()
    provider = await startProvider(json(ANSWER))
    weir = await startWeir({
      assetsDir: await builtDashboard(),
      providers: { openai: provider },
      config: { providers: { openai: { apiKey: 'sk-of-the-house' } } },
    })
  })
  afterEach(async () => {
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })
  afterAll(async () => {
    await chrome.close()
    await weir.close()
    await provider.close()
  })
  const open = async (path = 'keys') => (page = await chrome.open(`${weir.url}/app/${path}`))
  const call = (secret: string) =>
    fetch(`${weir.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] }),
    })
  const dialog = (name: string | RegExp) => page.getByRole('dialog', { name })
  const row = (name: string) =>
    page.getByRole('region', { name: 'Keys', exact: true }).getByRole('row').filter({ hasText: name })
  const budget = (name: string) =>
    page.getByRole('region', { name: 'Budgets' }).getByRole('row').filter({ hasText: name })
  /** Makes a key by hand, and answers its secret. */
  const make = async (name: string) => {
    await dialog('New key').getByLabel('Name').fill(name)
    await dialog('New key').getByRole('button', { name: 'Make the key' }).click()
    const secret = await dialog(`Key ${name}`).getByTestId('secret').innerText()
    expect(secret).toMatch(/^wk_\w{40}$/)
    return secret
  }

  test('a key is made, shown once, used, refused at its limit, and revoked', async () => {
    await open()
    await page.getByText('No keys yet').waitFor()
    await page.getByRole('button', { name: 'Make the first key' }).click()
    await soon(() => page.url()).toContain('new=1')
    const form = dialog('New key')
    await form.getByLabel('Team').fill('search')
    await form.getByRole('button', { name: 'Add a limit' }).click()
    await form.getByLabel('Amount').fill('2')
    await form.getByLabel('Of what').selectOption('requests')
    await form.getByLabel('Over what time').selectOption('day')
    const secret = await make('search-service')
    expect(await dialog('Key search-service').locator('pre').innerText()).toContain(`OPENAI_API_KEY=${secret}`)
    await page.getByRole('button', { name: 'I have it' }).click()
    await row('search-service')
      .getByText(`…${secret.slice(-4)}`)
      .waitFor()
    await page.reload()
    await row('search-service').waitFor()
    expect(await page.content()).not.toContain(secret)

    expect((await call(secret)).status).toBe(200)
    expect(provider.last().headers.authorization).toBe('Bearer sk-of-the-house')
    await budget('search-service').getByText('1', { exact: true }).first().waitFor()
    await soon(() => row('search-service').locator('.calls').innerText(), { timeout: 30_000 }).toBe('1')
    await row('search-service').getByText('just now').waitFor()

    expect((await call(secret)).status).toBe(200)
    expect((await call(secret)).status).toBe(429)
    await budget('search-service').getByText('refuses calls until').waitFor()
    await page.goto(`${weir.url}/app/calls?q=outcome:refused`)
    await page.locator('[role=grid] .row').first().click()
    await page.getByText('A limit is reached, so Weir refused this call').waitFor()
    await page.getByRole('link', { name: 'Key search-service and its limits' }).click()

    const sheet = dialog('search-service')
    await sheet.getByText('refuses calls until').waitFor()
    await sheet.getByRole('button', { name: 'Revoke…' }).click()
    await dialog('Revoke search-service?').getByText('3 calls').waitFor()
    await page.getByRole('button', { name: 'Revoke the key' }).click()
    await row('search-service').getByText('revoked').waitFor()
    const refused = await call(secret)
    expect(refused.status).toBe(401)
    expect(await refused.text()).toContain('revoked')
  })

  test('a rotated key has two secrets for a while', async () => {
    await open('keys?new=1')
    const before = await make('ci-evals')
    await page.keyboard.press('Escape')
    await row('ci-evals').getByRole('link').click()
    await dialog('ci-evals').getByRole('button', { name: 'Rotate…' }).click()
    await dialog('Rotate ci-evals').getByRole('radio', { name: '1 hour' }).click()
    await dialog('Rotate ci-evals').getByRole('button', { name: 'Rotate' }).click()
    const fresh = dialog('New secret for ci-evals')
    const after = await fresh.getByTestId('secret').innerText()
    await fresh.getByText(`The secret before (…${before.slice(-4)}) works until`).waitFor()
    expect(after).not.toBe(before)
    expect([(await call(before)).status, (await call(after)).status]).toEqual([200, 200])
  })

  test('a key is changed, and what the server refuses is told where it belongs', async () => {
    await open('keys?new=1')
    await make('notebook')
    await page.getByRole('button', { name: 'I have it' }).click()
    await row('notebook').getByRole('link').click()
    await dialog('notebook').getByRole('button', { name: 'Change…' }).click()
    const form = dialog('Change notebook')
    await form.getByLabel('Models it may use').fill('claude-*')
    await page.keyboard.press('Enter')
    await form.getByRole('button', { name: /^More/ }).click()
    await form.getByLabel('Addresses it may come from').fill('not-an-address')
    await page.keyboard.press('Enter')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText(/1: is no address/).waitFor()
    expect(chrome.complaints().filter((text) => !text.includes('400'))).toEqual([])
    await form.getByRole('button', { name: 'Remove not-an-address' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await form.waitFor({ state: 'detached' })
    const { items } = await weir.api('/keys')
    expect(items.find((key: { name: string }) => key.name === 'notebook')).toMatchObject({
      models: ['claude-*'],
      ips: null,
    })
  })

  test('by keyboard alone, and every dialog has an address', async () => {
    await open('')
    await page.getByRole('navigation').getByText('Keys').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('k')
    await soon(() => page.url()).toContain('/app/keys')
    await page.getByRole('region', { name: 'Keys', exact: true }).waitFor()
    await page.keyboard.press('n')
    await dialog('New key').waitFor()
    await page.reload()
    await dialog('New key').getByLabel('Name').fill('no spaces please')
    await page.keyboard.press('Enter')
    await dialog('New key').getByText('Letters, digits, dot, dash and underscore').waitFor()
    expect(await axe(page)).toEqual([])
    await page.keyboard.press('Escape')
    await dialog('New key').waitFor({ state: 'detached' })
    await soon(() => page.url()).not.toContain('new=1')
  })
})
