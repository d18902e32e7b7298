/** At the very first start the recorder makes the database, and someone may be quicker: a thread's first question then waits for it. */
const OPEN_WITHIN_MS = 10_000

/** `look`: asks something that only works when the tables are there. @throws what stood in the way at the end. */
export async function openPatiently<Db extends { close(): unknown }>(
  open: () => Promise<Db>,
  look: (db: Db) => Promise<unknown>,
): Promise<Db> {
  const until = Date.now() + OPEN_WITHIN_MS
  for (;;) {
    let db: Db | null = null
    try {
      db = await open()
      // The file may be there before its tables are.
      await look(db)
      return db
    } catch (error) {
      await db?.close()
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
