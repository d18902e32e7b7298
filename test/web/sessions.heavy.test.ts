// Sessions as someone uses them: find one in the list, see how it went, walk its steps, end what still runs, take it away.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import { toCall } from '../api/house.ts'
import { axe, builtDashboard, noBrowser, soon, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { startFakeWeir, type FakeWeir } from './fake-weir.ts'
import { answerLoops } from './loops.ts'
import { makeRunaway } from './sessions.ts'

// A machine that does ten things at once needs long for a browser; what hangs is found all the same.
describe.skipIf(noBrowser)('sessions', { timeout: 240_000 }, () => {
  let chrome: Chrome
  let page: Page
  const rows = (name: string) => page.getByRole('grid', { name }).locator('.row')

  beforeAll(async () => {
    chrome = await startChrome()
  }, 240_000)
  afterEach(async () => {
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })
  afterAll(() => chrome.close())

  describe('of real calls', () => {
    let provider: FakeProvider
    let weir: TestWeir
    let held: PromiseWithResolvers<void>
    beforeAll(async () => {
      held = Promise.withResolvers<void>()
      provider = await startProvider(async (request, response, incoming) => {
        if (request.text.includes('wait for me')) await held.promise
        return json(chatAnswer())(request, response, incoming)
      })
      weir = await startWeir({ assetsDir: await builtDashboard(), providers: { openai: provider } })
    }, 240_000)
    afterAll(async () => {
      held.resolve()
      await weir.close()
      await provider.close()
    })
    const ask = (content: string) =>
      fetch(`${weir.url}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-1', 'content-type': 'application/json', 'x-weir-session': 'order/5519' },
        body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content }] }),
      })

    test('the list leads to the session, its steps to their calls, a call back to its session; what runs can be ended', async () => {
      for (const word of ['one', 'two', 'three']) expect((await ask(word)).status).toBe(200)
      await weir.recordedCount(3)
      page = await chrome.open(`${weir.url}/app/`)
      page.setDefaultTimeout(60_000)
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Sessions' }).waitFor()
      await page.keyboard.press('g')
      await page.keyboard.press('s')
      await rows('Sessions').first().waitFor()
      expect(await rows('Sessions').count()).toBe(1)
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await rows('Steps').nth(2).waitFor()
      expect(decodeURIComponent(page.url())).toContain('/sessions/order/5519')
      await page.getByText('named by x-weir-session').waitFor()

      await page.keyboard.press('j')
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      const drawer = page.getByRole('complementary', { name: 'Call' })
      await drawer.getByRole('tabpanel').getByText('two').first().waitFor()
      await page.keyboard.press(']')
      await drawer.getByRole('tabpanel').getByText('three').first().waitFor()
      await page.keyboard.press('o')
      await page.getByRole('link', { name: 'step 3 of 3' }).waitFor()
      await page.keyboard.press('[')
      await page.getByRole('link', { name: 'step 2 of 3' }).click()
      await drawer.getByRole('tabpanel').getByText('two').first().waitFor()
      await page.keyboard.press('Escape')
      await soon(() => page.url()).not.toContain('call=')

      const waiting = ask('wait for me')
      await page.getByRole('button', { name: 'End what runs in this session' }).click()
      await page.getByRole('button', { name: 'End 1' }).click()
      expect((await waiting).status).toBeGreaterThanOrEqual(400)
      await rows('Steps').nth(3).waitFor()
      await page.getByText('1 ended.').waitFor()

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export' }).click(),
      ])
      expect(download.suggestedFilename()).toBe('weir-session-order_5519.jsonl')
      await page.getByRole('button', { name: '4 lines saved' }).waitFor()
    })
  })

  describe('of every kind', () => {
    let weir: FakeWeir
    const now = Date.now()
    const run = makeRunaway(now)
    const house = { findings: [run.finding], changed: [] as string[] }
    const open = async (path: string, options: Parameters<Chrome['open']>[1] = {}) => {
      page = await chrome.open('about:blank', options)
      page.setDefaultTimeout(60_000)
      await answerLoops(page, house)
      await page.goto(weir.url + path)
    }
    beforeAll(async () => {
      const long = Array.from({ length: 5_000 }, (_, i) =>
        toCall({
          startedAt: now - 9_000_000 + i * 1_700,
          durationMs: 900,
          sessionId: 'night-crawl',
          lane: i % 7 === 3 ? 'reader' : 'main',
          usage: { input: 900 + i * 3, output: 40 },
          preview: `page ${i + 1}`,
        }),
      )
      const calls = [...makeCalls(900, now - 5000), ...run.calls, ...long].sort((a, b) => b.startedAt - a.startedAt)
      weir = await startFakeWeir({ calls, findings: [run.finding] })
    }, 240_000)
    afterAll(() => weir.close())

    test('a run in circles: the finding in words, its steps marked, agents set in, what stands out named', async () => {
      await open('sessions/refund-7f2')
      await page.getByRole('region', { name: 'Findings' }).getByText('called 9 times in a row').waitFor()
      const figures = page.getByRole('region', { name: 'Key figures' })
      await soon(() => figures.innerText()).toMatch(/\$2\.61 since the first repeat[\s\S]*39 turns, 2 agents/)
      expect(await figures.innerText()).toContain('broke once, at step 19')
      await page.keyboard.press('e')
      await soon(() => page.locator('.row.at').innerText()).toMatch(/^31\s[\s\S]*search_flights/)
      expect(await page.locator('.row.at').getAttribute('class')).toContain('loop')
      await page.getByRole('region', { name: 'Timeline' }).getByRole('radio', { name: 'Steps' }).click()
      await soon(() => page.url()).toContain('by=steps')
      const picture = page.getByRole('region', { name: 'Timeline' }).getByRole('img')
      const box = (await picture.boundingBox())!
      await picture.click({ position: { x: box.width - 12, y: 34 } })
      await soon(() => page.url()).toContain(`call=${run.calls[38]!.id}`)
      await page.getByRole('button', { name: 'Mute' }).click()
      await page.getByRole('button', { name: 'Reopen' }).waitFor()
      expect(house.changed).toEqual(['f_1 mute'])
    })

    test('five thousand steps: all are reached, only those in sight are drawn', async () => {
      await open('sessions/night-crawl')
      await soon(() => page.getByRole('grid', { name: 'Steps' }).getAttribute('aria-rowcount')).toBe('5001')
      const scroller = page.locator('.whole')
      await scroller.evaluate((el) => el.scrollTo({ top: el.scrollHeight }))
      await page.getByText('page 5000', { exact: true }).waitFor()
      expect(await rows('Steps').count()).toBeLessThan(90)
      await page.keyboard.press('j')
      await soon(() => page.locator('.row.at').innerText()).toMatch(/^1\s[\s\S]*page 1\b/)
    })

    test('a filter narrows the list, nothing found says what to do, and what fails can be asked for again', async () => {
      await open('sessions?q=session:refund-7f2')
      await rows('Sessions').getByText('looping').waitFor()
      await page.goto(`${weir.url}sessions?q=model:nothing`)
      await page.getByRole('button', { name: 'Clear the filter' }).last().click()
      await soon(() => rows('Sessions').count()).toBeGreaterThan(5)
      weir.fail('getSession', 'the database is locked')
      await page.goto(`${weir.url}sessions/refund-7f2`)
      await page.getByText('the database is locked').waitFor()
      weir.fail('getSession', null)
      await page.getByRole('button', { name: 'Try again' }).click()
      await rows('Steps').first().waitFor()
      expect(chrome.complaints().filter((text) => !/status of 500/.test(text))).toEqual([])
    })

    test.each([
      ['sessions', 'light', 1280],
      ['sessions/refund-7f2', 'dark', 390],
    ] as const)(
      '%s, %s, %i wide: readable for all, nothing wider than the window',
      async (path, colorScheme, width) => {
        await open(path, { colorScheme, viewport: { width, height: 820 } })
        await page.locator('[role=grid] .row').first().waitFor()
        expect(await axe(page)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      },
    )
  })
})
