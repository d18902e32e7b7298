// What fails is said, where it failed, with a way on; what comes back is picked up without a reload.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { noBrowser, soon, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { startFakeWeir, type FakeWeir } from './fake-weir.ts'

describe.skipIf(noBrowser)('failure', () => {
  let chrome: Chrome
  let weir: FakeWeir
  let page: Page

  beforeAll(async () => {
    chrome = await startChrome()
  })
  beforeEach(async () => {
    weir = await startFakeWeir({ calls: makeCalls(300, Date.now() - 5000) })
  })
  /** The browser itself reports failed requests; nothing else may be reported. */
  const onlyFailedRequests = () =>
    expect(chrome.complaints().filter((text) => !/Failed to load resource|ERR_|EventSource/.test(text))).toEqual([])
  afterEach(async () => {
    await page.context().close()
    await weir.close()
    onlyFailedRequests()
  })
  afterAll(() => chrome.close())

  test('a list that fails says why, and comes with the next try', async () => {
    weir.fail('listCalls', 'the database file is locked')
    page = await chrome.open(`${weir.url}calls`)
    await page.getByText('the database file is locked').waitFor()
    weir.fail('listCalls', null)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('[role=grid] .row').first().waitFor()
  })

  test('one figure that fails leaves the others standing', async () => {
    weir.fail('top', 'that took too long')
    page = await chrome.open(weir.url)
    await page.getByRole('region', { name: 'Who pays' }).getByText('that took too long').waitFor()
    await page.getByRole('region', { name: 'Spend over time' }).locator('svg').first().waitFor()
    weir.fail('top', null)
    await page.getByRole('region', { name: 'Who pays' }).getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('region', { name: 'Who pays' }).getByText('curl').waitFor()
  })

  test('an export that fails says so', async () => {
    page = await chrome.open(`${weir.url}calls`)
    await page.locator('[role=grid] .row').first().waitFor()
    weir.fail('exportPage', 'the disk is gone')
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('button', { name: /CSV/ }).click()
    await page.getByText('The export stopped: the disk is gone').waitFor()
  })

  test('a Weir that stops is missed, and one that comes back is found', async () => {
    page = await chrome.open(`${weir.url}calls`)
    await page.locator('[role=grid] .row').first().waitFor()
    await weir.stop()
    await page.getByText('No connection to Weir').waitFor()
    await page.getByRole('button', { name: /State of the recording: no connection/ }).waitFor()
    expect(await page.locator('[role=grid] .row').count()).toBeGreaterThan(10)

    const missed = weir.record({ preview: 'said while nobody listened' })
    await weir.start()
    await page.locator(`#row-${missed.id}`).waitFor()
    await soon(() => page.getByText('No connection to Weir').count()).toBe(0)
  })

  test('an empty answer says what to do next', async () => {
    page = await chrome.open(`${weir.url}calls?q=model:nothing-like-it`)
    await page.getByText('No call fits this filter').waitFor()
    await page.getByRole('button', { name: 'Clear the filter' }).last().click()
    await page.locator('[role=grid] .row').first().waitFor()
  })

  test('a call that is not here, and a page that is not there', async () => {
    page = await chrome.open(`${weir.url}calls/01900000-0000-7000-8000-000000000000`)
    await page.getByText('This call is not here').waitFor()
    await page.goto(`${weir.url}nowhere`)
    await page.getByText('There is no page here').waitFor()
    await page.getByRole('link', { name: 'To the overview' }).click()
    await page.getByLabel('Key figures').waitFor()
  })

  test('beyond loopback the door asks for the token', async () => {
    await weir.close()
    weir = await startFakeWeir({ calls: makeCalls(50, Date.now() - 5000), locked: true })
    page = await chrome.open(`${weir.url}calls`)
    await page.getByLabel('Admin token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the admin token of this Weir.').waitFor()
    await page.getByLabel('Admin token').fill(weir.token)
    await page.keyboard.press('Enter')
    await page.locator('[role=grid] .row').first().waitFor()
  })
})
