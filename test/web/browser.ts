/**
 * A real Chromium before a Weir: one browser a file, one fresh page a test. Whatever the page complains about (console errors,
 * exceptions, content policy) fails the test that caused it, unless the test expects it.
 */
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { build } from 'vite'
import { expect } from 'vitest'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
]

/** Why there is no browser here, else null. With WEIR_TEST_ALL a missing browser is a failure, not a reason to skip. */
export const noBrowser: string | null =
  existsSync(CHROMIUM) || process.env.WEIR_TEST_ALL
    ? null
    : `no Chromium at ${CHROMIUM} (set CHROMIUM, or apt-get install chromium)`
if (noBrowser) console.warn(`browser tests skipped: ${noBrowser}`)

export interface Chrome {
  open(url: string, options?: BrowserContextOptions): Promise<Page>
  /** What pages complained about since the last call. */
  complaints(): string[]
  close(): Promise<void>
}

export async function startChrome(): Promise<Chrome> {
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  let said: string[] = []
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        timezoneId: 'Europe/Berlin',
        ...options,
      })
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') said.push(message.text())
      })
      page.on('pageerror', (error) => said.push(`exception: ${error.message}`))
      await page.goto(url)
      return page
    },
    complaints() {
      const all = said
      said = []
      return all
    },
    close: () => browser.close(),
  }
}

/** What a page will show in a moment: asked for again and again. Ten seconds are for a busy machine, not for the page. */
export const soon = <T>(look: () => T, options: { timeout?: number } = {}) =>
  expect.poll(look, { timeout: 30_000, ...options })

/** Violations that matter, in words. */
export async function axe(page: Page): Promise<string[]> {
  // One page is enough to add up what was found: the dashboard has no frames of other origins (twice as fast).
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze()
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map(
      (v) =>
        `${v.id}: ${v.nodes
          .map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`)
          .slice(0, 3)
          .join(' | ')}`,
    )
}

/**
 * The dashboard as built from the sources of this moment: dist/web may be older, and a test must not replace what someone serves.
 * Built once per state of the sources, into .cache/.
 */
export async function builtDashboard(): Promise<string> {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const hash = createHash('sha256')
  for (const folder of ['web', 'db'])
    for (const name of (await readdir(join(root, folder), { recursive: true })).sort())
      if (/\.(ts|svelte|css|html|svg)$/.test(name)) hash.update(name).update(await readFile(join(root, folder, name)))
  hash.update(await readFile(join(root, 'package-lock.json')))
  const target = join(root, '.cache', `web-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(target)) return target
  const half = `${target}.${process.pid}`
  await mkdir(half, { recursive: true })
  await build({
    configFile: join(root, 'web/vite.config.ts'),
    logLevel: 'error',
    build: { outDir: half, emptyOutDir: true },
  })
  await rename(half, target).catch(async () => rm(half, { recursive: true })) // someone else was quicker
  return target
}
