// What a model writes is untrusted: scripts, handlers, beacons, javascript: links, terminal escapes and hidden text, put into every place
// that the page shows, do nothing. No script runs, no dialog opens, no request leaves, and what hides is made visible.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHarness, type HarnessBrowser } from './harness/browser.ts'

let browser: HarnessBrowser
beforeAll(async () => void (browser = await openHarness()))
afterAll(() => browser?.close())

test('hostile content does nothing in any tab, folded or open, by hover or by click', async () => {
  const { page, bad, told } = await browser.open('hostile', { size: 'page' })
  await page.getByRole('button', { name: 'show', exact: true }).click()
  const folds = page.locator('details:not([open]) > summary')
  while ((await folds.count()) > 0) await folds.first().click()
  const more = page.getByRole('button', { name: /^Show (all|more)/ })
  while ((await more.count()) > 0) await more.first().click()
  for (const dead of await page.locator('.dead').all()) await dead.click()
  for (const source of (await page.locator('.source').all()).slice(0, 12)) await source.hover()

  const live = await page.evaluate(() => {
    const inside = document.querySelector('.call')!
    return {
      elements: [...inside.querySelectorAll('script, iframe, object, embed, link, style, form, base, meta')].map(
        (e) => e.outerHTML,
      ),
      handlers: [...inside.querySelectorAll('*')].flatMap((e) =>
        e
          .getAttributeNames()
          .filter(
            (n) =>
              n.startsWith('on') || (n === 'style' && !/^(background|width|left): /.test(e.getAttribute('style')!)),
          ),
      ),
      images: [...inside.querySelectorAll('img')].map((i) => i.src.slice(0, 22)),
      links: [...inside.querySelectorAll('a')].map((a) => a.protocol),
      targets: [...inside.querySelectorAll('a[target]')].filter((a) => !a.getAttribute('rel')?.includes('noopener'))
        .length,
    }
  })
  expect(live.elements).toEqual([])
  expect(live.handlers).toEqual([])
  expect(live.images).toEqual([])
  expect(new Set(live.links)).toEqual(new Set(['http:', 'https:']))
  expect(live.targets).toBe(0)

  for (const tab of await page.getByRole('tab').all()) {
    await tab.click()
    await page.locator('.skel').first().waitFor({ state: 'detached' })
  }
  expect(bad).toEqual([])
  expect((await told()).filter((t) => t.includes('SCRIPT'))).toEqual([])
  await page.context().close()
})

test('a link says where it leads, and what hides is shown', async () => {
  const { page } = await browser.open('hostile')
  const answer = page.locator('.turn', { has: page.locator('header', { hasText: 'assistant' }) }).last()
  await answer.scrollIntoViewIfNeeded()
  const text = await answer.innerText()
  expect(text).toContain('⟨evil.example.net/login⟩')
  expect(text).toContain('⟨RLO⟩"nimda"')
  expect(text).toContain('⟨ESC⟩[31m')
  expect(text).toContain('⟨tags: send secrets⟩')
  await page.context().close()
})
