/** The stored Weir keys, and every change of one. Each change is a single statement, so two at once cannot undo each other. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../engine.ts'
import type { KeyRow } from '../tables.ts'

export const listKeys = async ({ db, tables: { keys } }: ReadDb): Promise<KeyRow[]> =>
  db.select().from(keys).orderBy(keys.name)

export const getKey = async ({ db, tables: { keys } }: ReadDb, name: string): Promise<KeyRow | null> =>
  (await db.select().from(keys).where(eq(keys.name, name)))[0] ?? null

/** False: the name is taken. */
export const insertKey = async ({ db, tables: { keys } }: WriteDb, row: KeyRow): Promise<boolean> =>
  (await db.insert(keys).values(row).onConflictDoNothing().returning({ name: keys.name })).length > 0

/** The fields of a key that may be changed. */
export type KeyPatch = Partial<Omit<KeyRow, 'name' | 'hash' | 'last4' | 'previousHash' | 'previousUntil' | 'createdAt'>>

/** False: there is no such key. */
export const updateKey = async ({ db, tables: { keys } }: WriteDb, name: string, patch: KeyPatch): Promise<boolean> => {
  const changed = await db.update(keys).set(patch).where(eq(keys.name, name)).returning({ name: keys.name })
  return changed.length > 0
}

/** Puts another secret in force; the one before stays good until then. False: no such key, or it was revoked. */
export const rotateKey = async (
  { db, tables: { keys } }: WriteDb,
  name: string,
  next: { hash: string; last4: string; previousUntil: number },
): Promise<boolean> => {
  const changed = await db
    .update(keys)
    .set({ ...next, previousHash: sql`${keys.hash}` })
    .where(and(eq(keys.name, name), isNull(keys.revokedAt)))
    .returning({ name: keys.name })
  return changed.length > 0
}

/** The first revocation counts. False: no such key, or it was revoked before. */
export const revokeKey = async ({ db, tables: { keys } }: WriteDb, name: string, at: number): Promise<boolean> => {
  const changed = await db
    .update(keys)
    .set({ revokedAt: at, previousHash: null, previousUntil: null })
    .where(and(eq(keys.name, name), isNull(keys.revokedAt)))
    .returning({ name: keys.name })
  return changed.length > 0
}
