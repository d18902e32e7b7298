// Every page in both themes, wide and on a phone: nothing serious for axe, nothing in the console, nothing wider than the window.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axe, noBrowser, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { startFakeWeir, type FakeWeir } from './fake-weir.ts'

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }

describe.skipIf(noBrowser)('looks', () => {
  let chrome: Chrome
  let weir: FakeWeir
  let empty: FakeWeir

  beforeAll(async () => {
    chrome = await startChrome()
    weir = await startFakeWeir({ calls: makeCalls(800, Date.now() - 5000) })
    empty = await startFakeWeir()
    weir.begin({ model: 'gpt-5.1' })
  })
  afterAll(async () => {
    await chrome.close()
    await weir.close()
    await empty.close()
  })

  const pages: [name: string, path: () => string, ready: string][] = [
    ['overview', () => weir.url, '[aria-label="Latest calls"] li'],
    ['calls', () => `${weir.url}calls?q=duration:>1s`, '[role=grid] .row'],
    [
      'a call beside the list',
      () => `${weir.url}calls?call=${weir.calls[3]!.id}`,
      '[role=tabpanel] p, [role=tabpanel] .turn',
    ],
    ['a call', () => `${weir.url}calls/${weir.calls[3]!.id}`, '[role=tabpanel] p, [role=tabpanel] .turn'],
    ['connect', () => `${weir.url}connect`, 'pre'],
    ['first run', () => empty.url, 'pre'],
    ['no calls', () => `${empty.url}calls`, '.empty'],
  ]
  for (const colorScheme of ['light', 'dark'] as const)
    for (const size of ['wide', 'phone'] as const)
      test.each(pages)(`${colorScheme}, ${size}: %s`, async (_, path, ready) => {
        const page = await chrome.open(path(), { colorScheme, viewport: SIZES[size] })
        await page.locator(ready).first().waitFor()
        // axe takes seconds: colours are the theme's and structure the width's, so two of the four meetings tell all.
        if ((colorScheme === 'light') === (size === 'wide')) expect(await axe(page)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
        await page.context().close()
        expect(chrome.complaints()).toEqual([])
      })

  test('open menus and cards are as clean as the page', async () => {
    const page = await chrome.open(`${weir.url}calls`)
    await page.locator('[role=grid] .row').first().waitFor()
    for (const name of ['Columns', 'Export', /^Time range/]) {
      await page.getByRole('button', { name }).click()
      await page.locator('.pop:visible').first().waitFor()
      expect(await axe(page)).toEqual([])
      await page.keyboard.press('Escape')
    }
    for (const key of ['?', 'Control+k', '/']) {
      await page.keyboard.press(key)
      await page.locator('.pop:visible').first().waitFor()
      expect(await axe(page)).toEqual([])
      await page.keyboard.press('Escape')
    }
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })

  test('a theme once chosen stays, against the system’s', async () => {
    const page = await chrome.open(`${weir.url}connect`, { colorScheme: 'light' })
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.getByRole('button', { name: /^Theme/ }).click()
    await page.getByRole('button', { name: /^Theme: light/ }).click()
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
    expect(await paper()).toBe('rgb(17, 19, 21)')
    await page.reload()
    await page.locator('pre').waitFor()
    expect(await paper()).toBe('rgb(17, 19, 21)')
    await page.context().close()
  })
})
