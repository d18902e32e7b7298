// Loops as someone meets them: told on the overview, explained with the evidence, dealt with, and led back to the steps.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Finding } from '../../server/loops/finding.ts'
import { axe, noBrowser, soon, startChrome, type Chrome } from './browser.ts'
import { makeCalls } from './calls.ts'
import { startFakeWeir, type FakeWeir } from './fake-weir.ts'
import { answerLoops } from './loops.ts'
import { makeFindings, makeRunaway } from './sessions.ts'

describe.skipIf(noBrowser)('loops', { timeout: 240_000 }, () => {
  const now = Date.now()
  const run = makeRunaway(now)
  let chrome: Chrome
  let weir: FakeWeir
  let page: Page
  let house: { findings: Finding[] | Error; changed: string[] }
  const findings = () => page.getByRole('region', { name: 'Findings' })
  const open = async (path: string, options: Parameters<Chrome['open']>[1] = {}) => {
    page = await chrome.open('about:blank', options)
    page.setDefaultTimeout(60_000)
    await answerLoops(page, house)
    await page.goto(weir.url + path)
  }

  beforeAll(async () => {
    chrome = await startChrome()
    const calls = [...makeCalls(300, now - 5000), ...run.calls].sort((a, b) => b.startedAt - a.startedAt)
    weir = await startFakeWeir({ calls, findings: [run.finding] })
  }, 240_000)
  beforeEach(() => {
    house = { findings: [{ ...run.finding }, ...makeFindings(now).slice(1)], changed: [] }
  })
  afterEach(async () => {
    await page.context().close()
    expect(chrome.complaints()).toEqual([])
  })
  afterAll(async () => {
    await chrome.close()
    await weir.close()
  })

  test('the overview tells the open ones and leads to the step where one began', async () => {
    await open('')
    const told = page.getByRole('region', { name: 'Open findings' })
    await soon(() => told.getByRole('listitem').count()).toBe(3)
    await told.getByText('called 9 times in a row').click()
    await soon(() => page.url()).toContain(`sessions/refund-7f2?call=${run.calls[30]!.id}`)
    await page.getByRole('complementary', { name: 'Call' }).waitFor()
  })

  test('a finding is dealt with where it stands, and a slip is taken back', async () => {
    await open('loops')
    const one = findings().getByRole('article').filter({ hasText: 'called 9 times' })
    await one.getByText('{ "flights": [] }').waitFor()
    await one.getByRole('button', { name: 'Not a loop' }).click()
    await one.getByText('not a loop').waitFor()
    await one.getByRole('button', { name: 'Reopen' }).click()
    await one.getByRole('button', { name: 'Mute' }).waitFor()
    expect(house.changed).toEqual(['f_1 false-positive', 'f_1 reopen'])
    await findings().getByRole('radio', { name: 'Muted' }).click()
    await findings().getByText('poller-1').waitFor()
    expect(page.url()).toContain('state=muted')
    await findings().getByRole('radio', { name: 'Resolved' }).click()
    await page.getByText('No such finding').waitFor()
  })

  test('the keyboard goes from finding to finding and into the session; the rules in force are said in words', async () => {
    await open('')
    await page.getByRole('region', { name: 'Open findings' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('l')
    await findings().getByRole('article').first().waitFor()
    const rules = page.getByRole('region', { name: 'Rules' })
    await rules.getByText('3 times in a row with the same result').waitFor()
    await rules.getByText('switched off').waitFor()
    await rules.getByText('key ci-evals').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await soon(() => page.url()).toMatch(/sessions\/refund-7f2$/)
  })

  test('none, and a failure', async () => {
    house.findings = []
    await open('loops')
    await page.getByText('Nothing turns in circles').waitFor()
    house.findings = new Error('the database is locked')
    await page.reload()
    await findings().getByText('the database is locked').waitFor()
    house.findings = makeFindings(now)
    await findings().getByRole('button', { name: 'Try again' }).click()
    await findings().getByRole('article').first().waitFor()
    expect(chrome.complaints().filter((text) => !/status of 500/.test(text))).toEqual([])
  })

  test('readable for all, in the dark and on a phone', async () => {
    await open('loops?state=all', { colorScheme: 'dark', viewport: { width: 390, height: 844 } })
    await findings().getByRole('article').first().waitFor()
    expect(await axe(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  })
})
