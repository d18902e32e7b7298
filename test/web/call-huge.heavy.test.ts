// A conversation of 2 MB opens at once: what is far is folded, what is long is cut, and what is out of sight is not laid out.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHarness, type HarnessBrowser } from './harness/browser.ts'
import { cases } from './harness/cases/all.ts'

let browser: HarnessBrowser
beforeAll(async () => void (browser = await openHarness()))
afterAll(() => browser?.close())

test('from the data to the painted conversation in half a second', async () => {
  expect(cases.huge!.call.requestBytes).toBeGreaterThan(2_000_000)
  const { page } = await browser.open('huge', { tab: 'headers' })
  // Opening the tab asks the loader (already in memory) and draws: the fetch is not the page's.
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    times.push(
      await page.evaluate(async (tab) => {
        const { promise, resolve } = Promise.withResolvers<number>()
        const from = performance.now()
        const seen = new MutationObserver(() => {
          if (document.querySelector('.turn .tool'))
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)))
        })
        seen.observe(document.body, { childList: true, subtree: true })
        dispatchEvent(new CustomEvent('weir-tab', { detail: tab }))
        const took = await promise
        seen.disconnect()
        dispatchEvent(new CustomEvent('weir-tab', { detail: 'headers' }))
        return took
      }, 'conversation'),
    )
    await page.locator('.content table').first().waitFor()
  }
  console.log(`2 MB conversation opened in ${times.map((t) => t.toFixed(0)).join(', ')} ms`)
  expect(Math.min(...times)).toBeLessThan(500)
  await page.context().close()
})

test('its raw request opens with its beginning, and goes on by clicks', async () => {
  const { page, bad } = await browser.open('huge', { tab: 'request' })
  const shown = (await page.getByRole('tabpanel').innerText()).length
  expect(shown).toBeLessThan(70_000)
  await page.getByRole('button', { name: /^Show more/ }).click()
  expect((await page.getByRole('tabpanel').innerText()).length).toBeGreaterThan(400_000)
  expect(bad).toEqual([])
  await page.context().close()
})
