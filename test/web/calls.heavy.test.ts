// The calls page as someone uses it: look, narrow down, open, walk with the keyboard, watch calls come in.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { noBrowser, soon, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { startFakeWeir, type FakeWeir } from './fake-weir.ts'

describe.skipIf(noBrowser)('calls', () => {
  let chrome: Chrome
  let weir: FakeWeir
  let page: Page
  const row = (n: number) => page.locator('[role=grid] .row').nth(n)
  const open = async (path: string) => {
    page = await chrome.open(weir.url + path)
    await page.locator('[role=grid] .row').first().waitFor()
  }

  beforeAll(async () => {
    chrome = await startChrome()
  })
  beforeEach(async () => {
    weir = await startFakeWeir({ calls: makeCalls(3000, Date.now() - 5000) })
  })
  afterEach(async () => {
    await page.context().close()
    await weir.close()
    expect(chrome.complaints()).toEqual([])
  })
  afterAll(() => chrome.close())

  test('a row says what, how slow, how big and how dear', async () => {
    const call = weir.record({
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      preview: 'The tide turns.',
      durationMs: 6800,
      firstTokenMs: 620,
      usage: { input: 8000, cacheRead: 412, output: 441 },
      costNano: 12_400_000,
    })
    await open('calls')
    await soon(() => page.locator(`#row-${call.id}`).innerText()).toMatch(
      /claude-sonnet-4-5[\s\S]*The tide turns\.[\s\S]*200[\s\S]*6\.8[\s\S]*8,412[\s\S]*441[\s\S]*\$0\.0124/,
    )
  })

  test('unknown is said, never made 0', async () => {
    const unpriced = weir.record({ costNano: null, usage: { input: 10, output: 2 } })
    const unknown = weir.record({ costNano: null, usage: null, usageSource: 'none' })
    const estimated = weir.record({ usageSource: 'estimated', costNano: 5_000_000 })
    await open('calls')
    await soon(() => page.locator(`#row-${unpriced.id} .cost`).innerText()).toBe('unpriced')
    expect(await page.locator(`#row-${unknown.id} .tokens`).innerText()).toBe('—')
    expect(await page.locator(`#row-${estimated.id} .cost`).innerText()).toMatch(/^≈\s*\$0\.0050$/)
  })

  test('a typed filter becomes a chip, the address and a shorter list', async () => {
    await open('calls')
    await page.keyboard.press('/')
    await page.keyboard.type('provider:gro')
    await page.getByRole('option', { name: /^groq/ }).click()
    await soon(() => page.url()).toContain('q=provider:groq')
    await soon(() => page.locator('.chip').innerText()).toMatch(/provider\s*is\s*groq/)
    const expected = weir.calls.filter((c) => c.provider === 'groq' && c.startedAt > Date.now() - 86_400_000).length
    await soon(() => page.locator('.filter .end').innerText()).toBe(`${expected} calls`)
    expect(await row(0).innerText()).toContain('llama')

    await page.getByRole('button', { name: /Remove filter provider/ }).click()
    await soon(() => page.url()).not.toContain('q=')
    await page.goBack()
    await soon(() => page.locator('.chip').count()).toBe(1)
  })

  test('words are searched for while one types', async () => {
    await open('calls')
    await page.keyboard.press('/')
    await page.keyboard.type('refund of')
    await soon(() => page.url()).toMatch(/q=refund(\+|%20)of/)
    await soon(() => row(0).innerText()).toContain('Your refund of $184.20')
    expect(await page.getByLabel('Filter or search calls').inputValue()).toBe('refund of')
  })

  test('a filter that cannot be read says why, and nothing is asked', async () => {
    await open('calls')
    weir.asked.clear()
    await page.keyboard.press('/')
    await page.keyboard.type('modle:gpt')
    await page.keyboard.press('Enter')
    await soon(() => page.locator('.problem').innerText()).toContain('did you mean model:?')
    expect(weir.asked.get('listCalls')).toBeUndefined()
  })

  test('a pasted id opens its call', async () => {
    const call = weir.record({ responseId: 'chatcmpl-riverbed42' })
    await open('calls')
    await page.keyboard.press('/')
    await page.keyboard.type('chatcmpl-riverbed42')
    await page.keyboard.press('Enter')
    await soon(() => page.url()).toContain(`/app/calls/${call.id}`)
  })

  test('the keyboard walks the list, opens a call beside it, walks on and closes', async () => {
    await open('calls?live=off')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    const second = weir.calls[1]!.id
    await soon(() => page.url()).toContain(`call=${second}`)
    await page.getByRole('tab', { name: 'Conversation' }).waitFor()
    await soon(() => page.getByLabel('Call', { exact: true }).innerText()).toContain('Can I still return order A-5519?')
    expect(await row(0).isVisible()).toBe(true)

    await page.keyboard.press(']')
    await soon(() => page.url()).toContain(`call=${weir.calls[2]!.id}`)
    await page.keyboard.press('[')
    await page.keyboard.press('Escape')
    await soon(() => page.url()).not.toContain('call=')
    expect(await page.locator('.row.at').getAttribute('id')).toBe(`row-${second}`)
    await page.goBack()
    await soon(() => page.url()).toMatch(/calls\?live=off$/)
  })

  test('a running call is there at once, and turns into its result in place', async () => {
    await open('calls')
    const call = weir.begin({ provider: 'openai', model: 'gpt-5.1' })
    await soon(() => page.locator(`#row-${call.id}`).innerText(), { timeout: 15_000 }).toContain('running')
    weir.end(call, { preview: 'The water is cold.', durationMs: 900 })
    await soon(() => page.locator(`#row-${call.id}`).innerText(), { timeout: 15_000 }).toContain('The water is cold.')
    expect(await page.locator(`#row-${call.id}`).count()).toBe(1)
  })

  test('new calls do not push the rows away from under a reader further down', async () => {
    await open('calls')
    await page.locator('[role=grid]').evaluate((el) => el.scrollTo({ top: 1600 }))
    await soon(() => page.locator('.row').first().getAttribute('aria-rowindex')).not.toBe('2')
    const first = await page.locator('[role=grid] .row').nth(15).innerText()
    weir.record({ preview: 'news' })
    await page.getByRole('button', { name: /1 new call/ }).waitFor()
    expect(await page.locator('[role=grid] .row').nth(15).innerText()).toBe(first)
    await page.getByRole('button', { name: /1 new call/ }).click()
    await soon(() => row(0).innerText()).toContain('news')
  })

  test('held still, nothing moves', async () => {
    await open('calls')
    await page.getByRole('button', { name: 'Live' }).click()
    await soon(() => page.url()).toContain('live=off')
    weir.asked.clear()
    weir.record({ preview: 'unseen' })
    await page.getByText('3,001').first().waitFor() // the status in the rail has heard of it
    expect(weir.asked.get('listCalls')).toBeUndefined()
    expect(await page.getByText('unseen').count()).toBe(0)
  })

  test('thousands of rows: only those in sight are drawn, older pages come as one scrolls', async () => {
    await open('calls?range=7d')
    const grid = page.locator('[role=grid]')
    for (let i = 0; i < 6; i++) {
      await grid.evaluate((el) => el.scrollTo({ top: el.scrollHeight }))
      await soon(() => grid.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight)).toBeLessThan(40_000)
    }
    await soon(async () => {
      await grid.evaluate((el) => el.scrollTo({ top: el.scrollHeight }))
      return Number(await grid.getAttribute('aria-rowcount'))
    }).toBe(3001)
    expect(await page.locator('.row').count()).toBeLessThan(80)
    expect(await grid.innerText()).toContain('That is all in this range.')
  })

  test('a drag over the histogram chooses the time', async () => {
    await open('calls')
    const box = (await page.locator('.strip svg').boundingBox())!
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 4 })
    await page.mouse.up()
    await soon(() => page.url()).toMatch(/from=\d+&to=\d+/)
    const params = new URL(page.url()).searchParams
    expect(Number(params.get('to')) - Number(params.get('from'))).toBeCloseTo(6 * 3_600_000, -6)
  })

  test('the export of the filter arrives as a file, every call a line', async () => {
    await open('calls?q=provider:groq')
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('JSON lines').click()])
    expect(download.suggestedFilename()).toMatch(/^weir-calls-.*\.jsonl$/)
    const expected = weir.calls.filter((c) => c.provider === 'groq' && c.startedAt > Date.now() - 86_400_000).length
    await page.getByText(`${expected} lines saved.`).waitFor()
  })

  test('columns are the user’s to choose, and stay chosen', async () => {
    await open('calls')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Cost' }).click()
    await page.keyboard.press('Escape')
    await soon(() => page.getByRole('columnheader', { name: 'Cost' }).count()).toBe(0)
    await page.reload()
    await page.locator('[role=grid] .row').first().waitFor()
    expect(await page.getByRole('columnheader', { name: 'Cost' }).count()).toBe(0)
  })
})
