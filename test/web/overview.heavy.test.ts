// The first minutes with Weir, and the look someone takes at it every morning.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { noBrowser, soon, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { startFakeWeir, type FakeOptions, type FakeWeir } from './fake-weir.ts'

describe.skipIf(noBrowser)('overview', () => {
  let chrome: Chrome
  let weir: FakeWeir
  let page: Page
  const open = async (path = '', options: FakeOptions = { calls: makeCalls(1200, Date.now() - 5000, 172_800_000) }) => {
    weir = await startFakeWeir(options)
    page = await chrome.open(weir.url + path)
  }

  beforeAll(async () => {
    chrome = await startChrome()
  })
  afterEach(async () => {
    await page.context().close()
    await weir.close()
    expect(chrome.complaints()).toEqual([])
  })
  afterAll(() => chrome.close())

  test('the first-run card shows this address, turns live with the first call and leads to it', async () => {
    await open('', { calls: [] })
    await page.getByText('Waiting for the first call…').waitFor()
    const { origin } = new URL(weir.url)
    await soon(() => page.locator('pre').innerText()).toContain(`base_url="${origin}/openai/v1"`)
    await page.getByRole('tab', { name: 'Claude Code' }).click()
    expect(await page.locator('pre').innerText()).toContain(`ANTHROPIC_BASE_URL=${origin}/anthropic`)

    const call = weir.begin({ model: 'gpt-5-mini' })
    await page.getByText('It is coming in:').waitFor()
    weir.end(call, { preview: 'Hello, shore.', durationMs: 812, costNano: 45_000 })
    await page.getByText('It works.').waitFor()
    await page.getByRole('link', { name: 'Open the call' }).click()
    await soon(() => page.url()).toContain(`/app/calls/${call.id}`)
    await page.getByText('Hello, shore.').first().waitFor()
  })

  test('the recipes can be copied, and stay on the page Connect', async () => {
    await open('connect?client=codex', { calls: [] })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await page.getByText('Copied').first().waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('wire_api = "responses"')
  })

  test('figures stand with their change, and lead to their calls', async () => {
    await open()
    const figures = page.getByLabel('Key figures')
    const within = weir.calls.filter((c) => c.startedAt > Date.now() - 86_400_000)
    await soon(() => figures.innerText()).toContain(within.length.toLocaleString('en-US'))
    expect(await figures.innerText()).toMatch(/Spend[\s\S]*unpriced[\s\S]*\$\d+\.\d\d[\s\S]*[+−]\d/)
    await figures.getByText('Errors').click()
    await soon(() => page.url()).toContain('calls?q=outcome:error')
  })

  test('the chart is split as chosen, and the address says how', async () => {
    await open()
    await page.getByRole('radio', { name: 'Latency' }).click()
    await soon(() => page.url()).toContain('metric=latency')
    await page.getByRole('button', { name: 'Split by: Model' }).click()
    await page.getByRole('menuitemradio', { name: 'Provider' }).click()
    await soon(() => page.url()).toContain('by=provider')
    const panel = page.getByRole('region', { name: 'Duration p95 over time' })
    await panel.getByText('anthropic').waitFor()
    await page.reload()
    await panel.getByText('anthropic').waitFor()
    await panel.getByText('anthropic').click()
    await soon(() => page.url()).toContain('q=provider:anthropic')
  })

  test('a drag over the chart chooses the time, for the whole page', async () => {
    await open()
    const plot = page.locator('.catch')
    await plot.waitFor()
    const box = (await plot.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.25, box.y + 60)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 })
    await page.mouse.up()
    await soon(() => page.url()).toMatch(/from=\d+&to=\d+/)
    await soon(() => page.getByRole('button', { name: 'Live' }).isDisabled()).toBe(true)
    await page.goBack()
    await page.getByRole('button', { name: 'Time range: Last 24 hours' }).waitFor()
  })

  test('the latest calls move by themselves', async () => {
    await open()
    await page.getByRole('region', { name: 'Latest calls' }).locator('li').first().waitFor()
    weir.record({ preview: 'fresh from the river' })
    await page.getByText('fresh from the river').waitFor({ timeout: 15_000 })
  })

  test('⌘K goes to pages and views, and opens any id', async () => {
    await open()
    await page.getByLabel('Key figures').getByText('Calls').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill('slow')
    await page.keyboard.press('Enter')
    await soon(() => page.url()).toContain('q=duration')

    const call = weir.record({ responseId: 'resp_0123456789' })
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).fill('resp_0123456789')
    await page.getByRole('option', { name: /Open call/ }).click()
    await soon(() => page.url()).toContain(`calls/${call.id}`)
  })

  test('g o, g c and ? work wherever nobody types', async () => {
    await open()
    await page.getByLabel('Key figures').getByText('Calls').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    await soon(() => page.url()).toMatch(/\/calls$/)
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    await soon(() => page.url()).toMatch(/\/app\/$/)
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  })

  test('the corner tells how the recording is doing', async () => {
    await open()
    await page.getByRole('button', { name: /State of the recording: recording/ }).waitFor()
    weir.status.callsLost = 3
    await page.getByRole('button', { name: /State of the recording: calls were lost/ }).waitFor()
    expect(await page.getByRole('navigation').innerText()).toContain('3 calls lost')
    weir.status.callsLost = 0
    weir.status.problem = 'disk full'
    await page.getByRole('button', { name: /State of the recording: cannot store/ }).click()
    await page.getByText(/disk full/).waitFor()
  })

  test('below a base path everything is still found', async () => {
    await open('calls', { calls: makeCalls(60, Date.now() - 5000), basePath: '/weir' })
    await page.locator('[role=grid] .row').first().click()
    await page.getByRole('tab', { name: 'Conversation' }).waitFor()
    await page.getByRole('link', { name: 'Open on its own page' }).click()
    await soon(() => page.url()).toContain('/weir/app/calls/')
    await page.reload()
    await page.getByRole('tab', { name: 'Conversation' }).waitFor()
  })
})
