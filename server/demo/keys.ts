/**
 * The Weir keys of the demo, with limits to look at: one budget that is near its end and only warns, one that is spent and refuses.
 * Their secrets are no secrets: in the demo every provider is the demo's own.
 */
import { createHash } from 'node:crypto'
import { keysConfig, type ListedKey } from '../config/keys.ts'

/** Well known, so that clients and history agree on them. */
export const demoSecret = (name: string): string =>
  `wk_demo${createHash('sha256').update(`demo ${name}`).digest('base64url').slice(0, 36)}`

const DAY = { rolling: '24h' }

/** `now`: epoch milliseconds. */
export const demoKeys = (now: number): ListedKey[] =>
  keysConfig.parse({
    list: [
      {
        name: 'checkout-agent',
        team: 'shop',
        owner: 'ines.moreau@meridian.example',
        limits: [{ per: DAY, cost: 0.74, action: 'alert' }, { concurrency: 60 }],
      },
      {
        name: 'service-desk',
        team: 'support',
        owner: 'lena.fischer@meridian.example',
        limits: [{ per: 'minute', requests: 600 }],
      },
      {
        name: 'scratch',
        owner: 'erik@meridian.example',
        models: ['gpt-5*'],
        limits: [{ per: DAY, cost: 0.0005, reserveOutput: 100 }],
      },
      {
        name: 'ci-evals',
        team: 'engineering',
        routes: ['sort'],
        ips: ['127.0.0.0/8'],
        expiresAt: now + 30 * 86_400_000,
      },
      { name: 'contractor-2025', owner: 'raj.patel@meridian.example', expiresAt: now - 4 * 86_400_000 },
    ].map((key) => ({ ...key, secret: demoSecret(key.name) })),
  }).list

/** Which of them a request shows; null: none. */
export const shownKey = (headers: Record<string, string>, keys: readonly ListedKey[]): ListedKey | null => {
  const shown = headers['x-weir-key'] ?? headers['authorization']?.replace('Bearer ', '')
  return keys.find(({ secret }) => secret === shown) ?? null
}
