/** Keys with what their calls came to: figures from the rollups, and the last use from this process, which knows better. */
import type { KeysUsage } from '../../db/queries/key-usage.ts'
import { type KeyInForce, stateOf, toKey } from '../policy/key.ts'
import type { AppDeps } from './deps.ts'
import type { KeyItem } from './schema/keys.ts'

const DAYS_30 = 30 * 86_400_000

export async function toKeyItems({ ask }: Pick<AppDeps, 'ask'>, keys: readonly KeyInForce[]): Promise<KeyItem[]> {
  const now = Date.now()
  const usage = keys.length > 0 ? await ask('keysUsage', { since: now - DAYS_30 }) : { byKey: {}, folded: false }
  return keys.map((key) => toKeyItem(key, usage, now))
}

function toKeyItem(key: KeyInForce, { byKey, folded }: KeysUsage, now: number): KeyItem {
  const used = byKey[key.name]
  return {
    ...toKey(key),
    state: stateOf(key, now),
    lastUsedAt: Math.max(key.usedAt ?? 0, used?.lastAt ?? 0) || null,
    calls30d: folded ? null : (used?.calls ?? 0),
    costNano30d: folded ? null : used ? used.costNano : 0,
  }
}
