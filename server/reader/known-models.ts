/**
 * Which models a provider is known to serve, without asking it: those of the price library that are still offered, and those that
 * answered calls here lately. Clients wait for `GET /v1/models` at their start, so nothing upstream may be in its way.
 */
import { and, eq, gte } from 'drizzle-orm'
import type { ReadDb } from '../../db/engine.ts'
import { FOLDED, QUARTER } from '../../db/rollup/rollups.ts'
import { knownModels as offeredModels } from '../prices/catalog.ts'
import { builtinProviders } from '../providers/builtin.ts'

const LATELY_MS = 30 * 86_400_000

export interface KnownModel {
  provider: string
  model: string
}

/** By provider in the order of their table, then by name. */
export const knownModels = async (db: ReadDb, { now = Date.now() }: { now?: number }): Promise<KnownModel[]> => {
  const seen = await seenModels(db, now - LATELY_MS)
  const names = new Set([...builtinProviders.map((row) => row.name), ...seen.map((it) => it.provider)])
  return [...names].flatMap((provider) => {
    const models = new Set([
      ...offered(provider),
      ...seen.filter((it) => it.provider === provider).map((it) => it.model),
    ])
    return [...models].sort().map((model) => ({ provider, model }))
  })
}

function offered(provider: string): string[] {
  const row = builtinProviders.find(({ name }) => name === provider)
  const priceId = row?.priceId === undefined ? row?.name : row.priceId
  return priceId ? offeredModels(priceId) : []
}

/** Names that answered: a name that only ever failed may be a misspelling. */
async function seenModels({ db, tables: { rollups } }: ReadDb, since: number): Promise<KnownModel[]> {
  const rows = await db
    .selectDistinct({ provider: rollups.provider, model: rollups.model })
    .from(rollups)
    .where(
      and(
        eq(rollups.step, QUARTER),
        eq(rollups.facet, ''),
        gte(rollups.bucket, since),
        eq(rollups.outcome, 'ok'),
        eq(rollups.auxiliary, 0),
      ),
    )
  return rows.filter(({ provider, model }) => [provider, model].every((it) => it !== '' && it !== FOLDED))
}
