// Keys and routes with everything that they can show, and with nothing, and with failures: both themes, wide and on a phone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axe, noBrowser, soon, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { answerControl, makeControl, type Control } from './control.ts'
import { startFakeWeir, type FakeWeir } from './fake-weir.ts'

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }
const ALL = makeControl()
const NONE: Control = { keys: [], credentials: [], budgets: [], routes: { providers: [], routes: [], problems: [] } }

describe.skipIf(noBrowser)('the look of keys and routes', () => {
  let chrome: Chrome
  let weir: FakeWeir

  beforeAll(async () => {
    chrome = await startChrome()
    weir = await startFakeWeir({ calls: makeCalls(200, Date.now() - 5000) })
  })
  afterAll(async () => {
    await chrome.close()
    await weir.close()
  })
  const open = async (
    path: string,
    control: Parameters<typeof answerControl>[1],
    options: Parameters<Chrome['open']>[1] = {},
  ) => {
    const page = await chrome.open('about:blank', options)
    await answerControl(page, control)
    await page.goto(weir.url + path)
    return page
  }

  const pages: [name: string, path: string, control: Control, ready: string][] = [
    ['keys', 'keys', ALL, 'text=ci-evals'],
    ['a key', 'keys?key=ci-evals', ALL, '[role=dialog] pre'],
    ['a new key', 'keys?new=1', ALL, '[role=dialog] form'],
    ['revoking', 'keys?key=ci-evals&do=revoke', ALL, 'text=in the last hour'],
    ['no keys', 'keys', NONE, 'text=No keys yet'],
    ['routes', 'routes', ALL, 'text=goes on after'],
    ['no routes', 'routes', NONE, 'text=No routes yet'],
    ['credentials', 'routes', ALL, 'text=team-search'],
    ['a new credential', 'routes?add=1', ALL, '[role=dialog] form'],
    ['no credentials', 'routes', NONE, 'text=Weir holds no credential'],
    ['budgets on the overview', '', ALL, '[aria-label="Budgets near their limit"] table'],
  ]
  for (const [colorScheme, size] of [
    ['light', 'wide'],
    ['dark', 'phone'],
  ] as const)
    test.each(pages)(`${colorScheme}, ${size}: %s`, async (_, path, control, ready) => {
      const page = await open(path, control, { colorScheme, viewport: SIZES[size] })
      await page.locator(ready).first().waitFor()
      expect(await axe(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      await page.context().close()
      expect(chrome.complaints()).toEqual([])
    })

  test('what cannot be loaded says why, and comes with the next try', async () => {
    const control: Parameters<typeof answerControl>[1] = {
      ...ALL,
      keys: new Error('the database file is locked'),
      routes: new Error('that took too long'),
    }
    const page = await open('keys', control)
    const keys = page.getByRole('region', { name: 'Keys', exact: true })
    await keys.getByText('the database file is locked').waitFor()
    await page.getByRole('region', { name: 'Budgets' }).getByText('bob-notebook').waitFor()
    control.keys = ALL.keys
    await keys.getByRole('button', { name: 'Try again' }).click()
    await keys.getByText('ci-evals').waitFor()

    await page.goto(`${weir.url}routes`)
    await page.getByText('that took too long').waitFor()
    control.routes = ALL.routes
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('429 from key 2').waitFor()
    await page.context().close()
    expect(chrome.complaints().filter((text) => !/status of 500/.test(text))).toEqual([])
  })

  test('a budget and a target lead to their calls', async () => {
    const page = await open('keys', ALL)
    await page.getByRole('region', { name: 'Budgets' }).getByRole('link', { name: 'feature checkout-agent' }).click()
    await soon(() => page.url()).toMatch(/calls\?q=tag.feature:checkout-agent&from=\d+&to=\d+/)
    await page.goto(`${weir.url}routes`)
    await page.getByRole('link', { name: 'groq/llama-3.3-70b-versatile' }).click()
    await soon(() => decodeURIComponent(page.url())).toContain('q=route:fast+target:groq/llama-3.3-70b-versatile')
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })

  test('⌘K knows the pages and makes a key', async () => {
    const page = await open('', ALL)
    await page.getByLabel('Key figures').getByText('Calls').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill('new key')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'New key' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'New key' }).waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await soon(() => page.url()).toMatch(/\/routes$/)
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })
})
