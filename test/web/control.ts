/** Keys, budgets and routes of every kind that their pages can show, for browser tests; the same every time. */
import type { Page } from 'playwright-core'
import type { BudgetItem, CredentialItem, KeyItem, RouteList } from '../../web/lib/control.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const LIMIT = { zone: 'UTC', action: 'block', unpriced: 'refuse', reserveOutput: 4096 } as const
const key = (name: string, part: Partial<KeyItem> = {}): KeyItem => ({
  name,
  last4: 'x7Qa',
  owner: null,
  team: null,
  tags: {},
  providers: null,
  models: null,
  routes: null,
  ips: null,
  expiresAt: null,
  revokedAt: null,
  capture: null,
  limits: [],
  disconnect: null,
  createdAt: Date.UTC(2026, 9, 1),
  source: 'api',
  lastUsedAt: null,
  calls30d: 0,
  costNano30d: 0,
  state: 'active',
  ...part,
})

export const makeKeys = (now: number): KeyItem[] => [
  key('search-service', {
    owner: 'ann@example.com',
    team: 'search',
    tags: { feature: 'search' },
    models: ['gpt-5*', 'claude-*'],
    lastUsedAt: now - 9_000,
    calls30d: 482_133,
    costNano30d: 1_810_400_000_000,
  }),
  key('ci-evals', {
    last4: 'Zk20',
    owner: 'bob@example.com',
    team: 'platform',
    providers: ['openai', 'anthropic', 'gemini'],
    routes: ['fast'],
    ips: ['10.0.0.0/8'],
    expiresAt: now + 12 * DAY,
    capture: 'metadata',
    limits: [
      { ...LIMIT, per: 'month', cost: 150 },
      { ...LIMIT, per: { rolling: '24h' }, tokens: 20_000_000 },
    ],
    lastUsedAt: now - 3 * HOUR,
    calls30d: 8_214,
    costNano30d: 41_220_000_000,
  }),
  key('bob-notebook', {
    last4: 'p0Lm',
    owner: 'bob@example.com',
    lastUsedAt: now - 40_000,
    calls30d: 301,
    costNano30d: 9_990_000_000,
  }),
  key('local-models', {
    last4: 'Qq1d',
    providers: ['my-vllm', 'ollama'],
    calls30d: 77,
    costNano30d: null,
    lastUsedAt: now - DAY,
  }),
  key('nightly-batch', {
    last4: 'aa4T',
    source: 'config',
    team: 'data',
    lastUsedAt: now - 9 * HOUR,
    calls30d: 90_331,
    costNano30d: 212_000_000_000,
  }),
  key('a-key-with-a-very-long-name-that-somebody-thought-was-helpful', {
    last4: '0oO0',
    owner: 'somebody.with.a.long.name@example.com',
    team: 'customer-experience-platform',
  }),
  key('contractor-2025', {
    last4: 'Rr9s',
    owner: 'eve@example.com',
    expiresAt: now - 4 * DAY,
    state: 'expired',
    calls30d: 12,
    costNano30d: 88_000_000,
    lastUsedAt: now - 5 * DAY,
  }),
  key('leaked-in-a-gist', {
    last4: 'b4D0',
    revokedAt: now - 2 * DAY,
    state: 'revoked',
    calls30d: 1_204,
    costNano30d: 3_310_000_000,
    lastUsedAt: now - 2 * DAY,
  }),
]

const budget = (
  limit: Partial<BudgetItem['limit']>,
  scope: string,
  [used, reserved]: [number, number],
  part: Partial<BudgetItem> = {},
): BudgetItem => {
  const max = limit.max ?? 100
  const share = (used + reserved) / max
  return {
    limit: {
      on: 'key',
      name: null,
      per: 'month',
      ms: null,
      zone: 'UTC',
      unit: 'cost',
      max,
      action: 'block',
      source: 'key',
      ...limit,
    },
    scope,
    used,
    reserved,
    left: Math.max(0, max - used - reserved),
    resetAt: null,
    forecastAt: null,
    state: share >= 1 ? 'spent' : share >= 0.8 ? 'near' : 'ok',
    ...part,
  }
}

export const makeBudgets = (now: number): BudgetItem[] => {
  const month = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 1, 1)
  const day = Math.floor(now / DAY) * DAY + DAY
  const minute = Math.floor(now / 60_000) * 60_000 + 60_000
  return [
    budget({ max: 10, per: 'rolling', ms: DAY }, 'bob-notebook', [9.99, 0.02], { resetAt: now + 2 * HOUR }),
    budget({ on: 'user', source: 'config', action: 'alert', per: 'day', max: 5 }, 'ann', [6.2, 0], { resetAt: day }),
    budget({ max: 2000, on: 'team', source: 'config' }, 'search', [1810.4, 3.2], {
      resetAt: month,
      forecastAt: now + 20 * HOUR,
    }),
    budget({ max: 600, unit: 'requests', per: 'minute' }, 'search-service', [188, 0], { resetAt: minute }),
    budget({ max: 2500 }, 'search-service', [1810.4, 2.1], { resetAt: month, forecastAt: now + 3 * DAY }),
    budget({ max: 8, unit: 'concurrency', per: null }, 'search-service', [3, 0]),
    budget({ max: 150 }, 'ci-evals', [41.22, 0], { resetAt: month }),
    budget({ max: 20_000_000, unit: 'tokens', per: 'day' }, 'ci-evals', [4_213_889, 51_200], { resetAt: day }),
    budget({ on: 'tag', name: 'feature', source: 'config', max: 300 }, 'checkout-agent', [20.1, 0], { resetAt: month }),
    budget({ on: 'global', source: 'config', max: 9000 }, '', [2076.7, 5.3], { resetAt: month }),
  ]
}

export const makeRoutes = (now: number): RouteList => {
  const provider = (name: string, part: Partial<RouteList['providers'][number]> = {}) => ({
    name,
    configured: false,
    baseUrl: `https://api.${name}.com`,
    dialects: ['openai-chat'],
    credentials: 0,
    models: null,
    state: 'ok' as const,
    calls1h: 0,
    errorShare1h: null,
    p50Ms1h: null,
    ...part,
  })
  const target = (name: string, part: Partial<RouteList['routes'][number]['targets'][number]> = {}) => ({
    target: name,
    weight: 1,
    state: 'ok' as const,
    until: null,
    why: null,
    inFlight: 0,
    calls1h: 0,
    errorShare1h: null,
    p50Ms1h: null,
    ttftMs: null,
    ...part,
  })
  return {
    providers: [
      provider('openai', {
        configured: true,
        credentials: 2,
        state: 'cooling',
        calls1h: 4_120,
        errorShare1h: 0.031,
        p50Ms1h: 1_820,
      }),
      provider('anthropic', { configured: true, credentials: 1, calls1h: 2_904, errorShare1h: 0.0021, p50Ms1h: 3_110 }),
      provider('groq', { calls1h: 311, errorShare1h: 0, p50Ms1h: 240 }),
      provider('my-vllm', {
        configured: true,
        baseUrl: 'http://127.0.0.1:8000',
        state: 'open',
        calls1h: 44,
        errorShare1h: 0.61,
        p50Ms1h: 90,
      }),
      ...['deepseek', 'mistral', 'openrouter', 'together', 'xai'].map((name) => provider(name)),
    ],
    routes: [
      {
        name: 'fast',
        strategy: 'first',
        on: ['429', '5xx', 'timeout', 'connect'],
        retries: 1,
        sticky: true,
        targets: [
          target('openai/gpt-5-mini', {
            state: 'cooling',
            until: now + 42_000,
            why: '429 from key 2: asked for a pause of 60 s',
            calls1h: 3_210,
            errorShare1h: 0.042,
            p50Ms1h: 1_420,
            ttftMs: 390,
          }),
          target('groq/llama-3.3-70b-versatile', {
            inFlight: 3,
            calls1h: 311,
            errorShare1h: 0,
            p50Ms1h: 240,
            ttftMs: 84,
          }),
          target('my-vllm/qwen3-32b', {
            state: 'open',
            until: now + 18_000,
            why: '5 failures in a row, last: connection refused',
            calls1h: 44,
            errorShare1h: 0.61,
            p50Ms1h: 90,
          }),
        ],
      },
      {
        name: 'canary',
        strategy: 'weighted',
        on: ['5xx'],
        retries: 0,
        sticky: false,
        targets: [
          target('openai/gpt-5.1', {
            weight: 95,
            inFlight: 11,
            calls1h: 880,
            errorShare1h: 0.002,
            p50Ms1h: 2_400,
            ttftMs: 510,
          }),
          target('openai/gpt-5.2-preview', {
            weight: 5,
            inFlight: 1,
            calls1h: 46,
            errorShare1h: 0,
            p50Ms1h: 2_100,
            ttftMs: 470,
          }),
        ],
      },
    ],
    problems: [
      'routes.old.targets.0: "opnai/gpt-5" goes to a provider "opnai", which is not known: did you mean openai/gpt-5?',
    ],
  }
}

const credential = (provider: string, name: string, part: Partial<CredentialItem> = {}): CredentialItem => ({
  provider,
  name,
  last4: 'q4Tz',
  weight: 1,
  models: null,
  source: 'stored',
  createdAt: Date.UTC(2026, 9, 1),
  problem: null,
  ...part,
})

export const makeCredentials = (): CredentialItem[] => [
  credential('anthropic', 'apiKey', { last4: 'hW0a', source: 'config', createdAt: null }),
  credential('openai', 'main', { weight: 3 }),
  credential('openai', 'a-name-that-somebody-has-made-rather-long-for-a-table', {
    last4: '',
    models: ['gpt-5*', 'o9', 'text-embedding-3-large', 'gpt-image-2', 'whisper-*'],
    weight: 0.5,
  }),
  credential('groq', 'team-search', {
    last4: '0Lmx',
    problem:
      'The credential "team-search" for groq cannot be used: it was stored under another master key (id 1f2e3d4c; the one in force has the id 5a6b7c8d). Give Weir that key again (master.key of its data folder, or WEIR_MASTER_KEY), or remove the credential and add it again.',
  }),
]

export interface Control {
  keys: KeyItem[]
  credentials: CredentialItem[]
  budgets: BudgetItem[]
  routes: RouteList
}
export const makeControl = (now = Date.now()): Control => ({
  keys: makeKeys(now),
  credentials: makeCredentials(),
  budgets: makeBudgets(now),
  routes: makeRoutes(now),
})

/** Answers the pages' questions from here, before they reach a server. A question that is an Error fails with it. */
export async function answerControl(page: Page, control: { [K in keyof Control]: Control[K] | Error }): Promise<void> {
  const answers = {
    keys: () => ('message' in control.keys ? control.keys : { items: control.keys }),
    budgets: () => ('message' in control.budgets ? control.budgets : { items: control.budgets }),
    routes: () => control.routes,
    credentials: () =>
      'message' in control.credentials ? control.credentials : { items: control.credentials, problem: null },
  }
  for (const [name, answer] of Object.entries(answers))
    await page.route(new RegExp(`/api/${name}$`), async (route) => {
      const body = answer()
      if (route.request().method() !== 'GET') return route.fallback()
      if (body instanceof Error)
        return route.fulfill({
          status: 500,
          contentType: 'application/problem+json',
          body: JSON.stringify({ detail: body.message }),
        })
      return route.fulfill({ json: body })
    })
}
