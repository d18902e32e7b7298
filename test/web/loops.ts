/** Findings and rules for browser tests, answered before they reach a server. */
import type { Page } from 'playwright-core'
import { DEFAULT_POLLING } from '../../server/loops/polling.ts'
import { DEFAULT_THRESHOLDS } from '../../server/loops/thresholds.ts'
import type { Finding } from '../../server/loops/finding.ts'

export const RULES = {
  action: 'alert',
  rules: Object.entries({ ...DEFAULT_THRESHOLDS, stall: null }).map(([name, thresholds]) => ({
    name,
    says: 'In words.',
    thresholds,
  })),
  caps: { calls: 400, costNano: 25_000_000_000, tokens: null, ms: null },
  polling: [...DEFAULT_POLLING],
  throttleMs: 2_000,
  releaseMs: 600_000,
  keys: { 'ci-evals': { action: 'off', rules: null, caps: null } },
  routes: {},
}
const NEXT = { mute: 'muted', resolve: 'resolved', 'false-positive': 'false_positive', reopen: 'open' } as const

/** A question that is an Error fails with it. `changed` lists what was asked for. */
export async function answerLoops(
  page: Page,
  house: { findings: Finding[] | Error; rules?: unknown; changed: string[] },
): Promise<void> {
  await page.route(/\/api\/(findings|loops)(\/|\?|$)/, async (route) => {
    const { pathname, searchParams } = new URL(route.request().url())
    const { findings, rules = RULES } = house
    const failed = findings instanceof Error ? findings : rules instanceof Error ? rules : null
    if (failed)
      return route.fulfill({
        status: 500,
        contentType: 'application/problem+json',
        body: JSON.stringify({ detail: failed.message }),
      })
    if (pathname.endsWith('/loops')) return route.fulfill({ json: rules })
    const [, id, change] = /findings\/([^/]+)\/([^/]+)$/.exec(pathname) ?? []
    const all = findings as Finding[]
    const one = all.find((finding) => finding.id === id)
    if (one && change) {
      house.changed.push(`${id} ${change}`)
      one.state = NEXT[change as keyof typeof NEXT]
      return route.fulfill({ json: one })
    }
    const items = all.filter((finding) =>
      (['state', 'verdict', 'sessionId'] as const).every(
        (name) => !searchParams.get(name) || searchParams.get(name) === finding[name],
      ),
    )
    return route.fulfill({ json: { items, next: null } })
  })
}
