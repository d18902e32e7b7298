/**
 * `node scripts/screenshots.ts`: the pictures of the README, taken of the built Weir with its demo, in a real Chromium. Run it
 * after the dashboard has changed. `--as-built` takes dist/ as it is; CHROMIUM names another browser than Debian's.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium, type Page } from 'playwright-core'

const root = join(import.meta.dirname, '..')
const images = join(root, 'docs', 'images')
const BROWSER = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
]
const SIZE = { width: 1440, height: 900 }
/** The crowd of the first seconds is through, and the agent that runs in circles has begun. */
const ALIVE_MS = 45_000
const MOST_BYTES = 300_000
const DAY = 86_400_000

if (!process.argv.includes('--as-built')) {
  const prepared = spawnSync(process.execPath, [join(root, 'scripts', 'prepare.js')], { stdio: 'inherit' })
  if (prepared.status !== 0) process.exit(1)
}
const folder = mkdtempSync(join(tmpdir(), 'weir-screenshots-'))
const weir = spawn(process.execPath, [join(root, 'dist', 'main.js'), '--demo', '--port', '0'], {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  await takeAll(await urlOf(weir))
} finally {
  weir.kill('SIGINT')
  if (weir.exitCode === null) await once(weir, 'exit')
  rmSync(folder, { recursive: true, force: true })
}

async function takeAll(url: string): Promise<void> {
  mkdirSync(images, { recursive: true })
  await wait(ALIVE_MS)
  const call = await findCall(url)
  const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS })
  try {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({
        viewport: SIZE,
        deviceScaleFactor: 1,
        colorScheme: scheme,
        timezoneId: 'Europe/Berlin',
      })
      for (const [name, path] of [
        ['overview', ''],
        ['calls', 'calls'],
        ['call', `calls/${call}`],
      ] as const)
        await take(page, `${url}/app/${path}`, join(images, `${name}-${scheme}.png`))
      await page.close()
    }
  } finally {
    await browser.close()
  }
}

async function take(page: Page, address: string, file: string): Promise<void> {
  await page.goto(address)
  // The live stream never ends, so the network is never idle: what stands still is the page.
  await page.evaluate(() => document.fonts.ready)
  await wait(2500)
  await page.screenshot({ path: file })
  const { size } = statSync(file)
  console.log(`${file.slice(root.length + 1)}  ${Math.round(size / 1000)} kB`)
  if (size > MOST_BYTES) throw new Error(`${file} is larger than a README should carry.`)
}

/** A conversation with tools whose results are short enough for one picture, and an answer in words at its end. */
async function findCall(url: string): Promise<string> {
  const query = new URLSearchParams({
    q: 'tag.feature:checkout-agent outcome:ok -has:toolcalls',
    from: String(Date.now() - DAY),
    to: String(Date.now()),
    limit: '100',
  })
  const { items } = (await (await fetch(`${url}/api/calls?${query}`)).json()) as {
    items: { id: string; preview: string | null }[]
  }
  const found = items.find(({ preview }) => preview?.includes('not refundable'))
  if (!found) throw new Error('The demo has no call that could be shown.')
  return found.id
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout! })) {
    const url = /Dashboard\s+(\S+)\/app/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('Weir ended before it was open.')
}
