/** The stored credentials of providers, sealed. Each change is a single statement. */
import { and, eq } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../engine.ts'
import type { CredentialRow } from '../tables.ts'

/** In the order of making: the first is used where one is wanted and no route chooses. */
export const listCredentials = async ({ db, tables: { credentials } }: ReadDb): Promise<CredentialRow[]> =>
  db.select().from(credentials).orderBy(credentials.createdAt, credentials.provider, credentials.name)

/** False: the name is taken. */
export const insertCredential = async (
  { db, tables: { credentials } }: WriteDb,
  row: CredentialRow,
): Promise<boolean> =>
  (await db.insert(credentials).values(row).onConflictDoNothing().returning({ name: credentials.name })).length > 0

/** False: there is none. */
export const deleteCredential = async (
  { db, tables: { credentials } }: WriteDb,
  { provider, name }: Pick<CredentialRow, 'provider' | 'name'>,
): Promise<boolean> => {
  const gone = await db
    .delete(credentials)
    .where(and(eq(credentials.provider, provider), eq(credentials.name, name)))
    .returning({ name: credentials.name })
  return gone.length > 0
}
