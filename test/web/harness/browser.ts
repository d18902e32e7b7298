/** A real Chromium over the harness. Every page that it opens reports what must not be: console errors, dialogs, requests to elsewhere. */
import { chromium, type Browser, type Page } from 'playwright-core'
import { serveHarness, type Harness } from './serve.ts'

export const SIZES = {
  drawer: { width: 580, height: 900 },
  page: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
}

export interface Opened {
  page: Page
  /** Console errors and warnings, uncaught errors, dialogs, and requests that left the harness: to be empty. */
  bad: string[]
  told(): Promise<string[]>
}

export interface HarnessBrowser {
  harness: Harness
  open(
    name: string,
    options?: { tab?: string; theme?: 'light' | 'dark'; size?: keyof typeof SIZES; reducedMotion?: boolean },
  ): Promise<Opened>
  close(): Promise<void>
}

export async function openHarness(): Promise<HarnessBrowser> {
  const harness = await serveHarness()
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  })
  return {
    harness,
    async open(name, { tab, theme = 'light', size = 'drawer', reducedMotion = false } = {}) {
      const context = await browser.newContext({
        viewport: SIZES[size],
        reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      const page = await context.newPage()
      const bad: string[] = []
      page.on('console', (m) => ['error', 'warning'].includes(m.type()) && bad.push(`${m.type()}: ${m.text()}`))
      page.on('pageerror', (e) => bad.push(`uncaught: ${e.message}`))
      page.on('dialog', (d) => (bad.push(`dialog: ${d.message()}`), void d.dismiss()))
      page.on(
        'request',
        (r) =>
          !r.url().startsWith(new URL('/', harness.url).href) &&
          !r.url().startsWith('data:') &&
          bad.push(`request: ${r.url()}`),
      )
      await page.goto(`${harness.url}?${new URLSearchParams({ case: name, theme, ...(tab ? { tab } : {}) })}`)
      await page.locator('.call').waitFor()
      await page.locator('.skel').first().waitFor({ state: 'detached' })
      return { page, bad, told: () => page.evaluate(() => (window as unknown as { told: string[] }).told) }
    },
    async close() {
      await browser.close()
      await harness.close()
    },
  }
}
