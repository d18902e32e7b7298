// Every kind of call opens on the Call page: in light and dark, as drawer, page and phone, without a console error and without a serious
// accessibility violation, under the dashboard's content policy (no inline styles, no remote anything, trusted types).
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHarness, SIZES, type HarnessBrowser } from './harness/browser.ts'
import { cases } from './harness/cases/all.ts'

let browser: HarnessBrowser
beforeAll(async () => void (browser = await openHarness()))
afterAll(() => browser?.close())

const serious = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' | ')}`)
}

/** axe takes seconds a page: all tabs of the cases with the most on them in the light theme, else the first view in one theme each. */
const RICH = ['anthropic', 'openaiChat', 'broken']

test.each(Object.keys(cases))('%s opens in both themes, drawer and page, with all its tabs', async (name) => {
  for (const theme of ['light', 'dark'] as const) {
    const { page, bad } = await browser.open(name, { theme, size: theme === 'light' ? 'drawer' : 'page' })
    const looked = RICH.includes(name) || (theme === 'light') === (Object.keys(cases).indexOf(name) % 2 === 0)
    for (const [i, tab] of (await page.getByRole('tab').all()).entries()) {
      await tab.click()
      await page.locator('.skel').first().waitFor({ state: 'detached' })
      expect(await tab.getAttribute('aria-selected')).toBe('true')
      if (looked && (i === 0 || (RICH.includes(name) && theme === 'light')))
        expect(await serious(page), `${name}, ${await tab.textContent()}, ${theme}`).toEqual([])
    }
    expect(bad).toEqual([])
    await page.context().close()
  }
})

test.each(['anthropic', 'broken', 'huge', 'hostile'])('%s never scrolls sideways', async (name) => {
  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
    const { page } = await browser.open(name, { size })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), size).toBeLessThanOrEqual(0)
    await page.context().close()
  }
})

test('the tabs are one stop of the Tab key, with arrows between, and tell the view', async () => {
  const { page, told } = await browser.open('anthropic')
  await page.getByRole('tab', { name: 'Conversation' }).focus()
  await page.keyboard.press('ArrowRight')
  expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Raw request')
  await page.keyboard.press('End')
  expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Stream')
  expect(await told()).toEqual(expect.arrayContaining(['tab request', 'tab stream']))
  await page.context().close()
})

test('earlier messages are folded, and open with each result beside its call', async () => {
  const { page } = await browser.open('anthropic')
  expect(await page.getByText('6 earlier messages, seen in turn 6').isVisible()).toBe(true)
  expect(await page.getByText('which order is it', { exact: false }).count()).toBe(0)
  await page.getByRole('button', { name: 'show', exact: true }).click()
  const old = page.locator('.old')
  expect(await old.getByText('Which order is it?', { exact: false }).isVisible()).toBe(true)
  expect(await old.locator('.tool', { hasText: 'toolu_01Aa11' }).getByText('since lies in the future').count()).toBe(1)
  expect(await old.locator('img').count()).toBe(1)
  await page.context().close()
})

test('reasoning is folded until asked for', async () => {
  const { page } = await browser.open('anthropic')
  const fold = page.locator('details', { hasText: 'Reasoning' })
  expect(await fold.getByText('look at the policy before promising').count()).toBe(0)
  await fold.locator('summary').press('Enter')
  await fold.getByText('look at the policy before promising').waitFor()
  await page.context().close()
})

test('a question that failed says so and can be asked again', async () => {
  const { page } = await browser.open('failing')
  expect(await page.getByRole('alert').textContent()).toContain('SQLITE_BUSY')
  await page.getByRole('button', { name: /try again/i }).click()
  await page.getByText('Order A-5519 was delivered', { exact: false }).first().waitFor()
  await page.context().close()
})

test('a running call counts up and can be cancelled', async () => {
  const { page, told } = await browser.open('running')
  const figure = page.locator('.figures b').first()
  const before = await figure.textContent()
  await expect.poll(() => figure.textContent()).not.toBe(before)
  await page.getByRole('button', { name: 'Cancel' }).click()
  expect(await told()).toContain('cancelled')
  await page.context().close()
})

test('honest figures: unpriced is no number, partly priced has no total, an estimate carries its sign', async () => {
  const text = async (name: string) => {
    const { page } = await browser.open(name)
    const found = await page.locator('.call').innerText()
    await page.context().close()
    return found.replace(/\u00a0/g, ' ')
  }
  const unpriced = await text('unpriced')
  expect(unpriced).toContain('No price is known for my-vllm/qwen3-coder')
  expect(unpriced).toContain('≈90')
  expect(unpriced).not.toContain('$')
  const partly = await text('broken')
  expect(partly).toContain('Partly priced: reasoning has no price')
  expect(partly).not.toMatch(/\ntotal/)
  const plan = await text('subscription')
  expect(plan).toMatch(/list price\s+\$0\.01242\s+billed\s+\$0/)
  expect(await text('expired')).toContain('removed by age')
  expect(await text('metadataOnly')).toContain('Only figures were kept')
  expect(await text('wrongBase')).toContain('http://127.0.0.1:9347/openai/v1')
})

test('raw bytes are shown as sent and laid out only when asked; copy gives what was sent', async () => {
  const { page } = await browser.open('openaiTools', { tab: 'request' })
  const sent = JSON.stringify({ model: 'gpt-5.1' }).slice(0, -1)
  expect(await page.getByRole('tabpanel').innerText()).toContain(sent)
  await page.getByRole('radio', { name: 'Laid out' }).click()
  expect(await page.getByRole('tabpanel').innerText()).toContain('"model": "gpt-5.1"')
  await page.getByRole('tabpanel').getByRole('button', { name: 'Copy' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(cases.openaiTools!.raw.request.text)
  await page.context().close()
})

test('the stream replays at its own pace and ends with the whole text; less motion is respected', async () => {
  for (const reducedMotion of [false, true]) {
    const { page, bad } = await browser.open('openaiChat', { tab: 'stream', reducedMotion })
    await page.getByLabel('Speed').selectOption('8×')
    await page.getByRole('button', { name: 'Replay' }).click()
    await page.getByRole('button', { name: 'Again' }).waitFor()
    expect(await page.getByRole('tabpanel').innerText()).toContain(
      'A list that is nearly sorted costs next to nothing.',
    )
    expect(bad).toEqual([])
    await page.context().close()
  }
})

test('links inside the app are followed by the view', async () => {
  const { page, told } = await browser.open('anthropic')
  await page.getByRole('link', { name: 'refund-7f2' }).click()
  expect((await told()).at(-1)).toMatch(/^went to sessions\/refund-7f2\?call=/)
  await page.context().close()
})
