/**
 * Writes the next migration for both databases from db/tables.ts, offline: `node scripts/generate-migrations.ts <name>`.
 * It uses drizzle-kit's own differ; what drizzle cannot express (the full-text index) is written by hand into a migration
 * made with `node scripts/generate-migrations.ts <name> --empty`. The drift test fails until this has been run.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diffSchema, readJournal } from './schema-diff.ts'

const folder = join(import.meta.dirname, '../db/migrations')
const [name = 'change', flag] = process.argv.slice(2)

for (const kind of ['sqlite', 'postgres'] as const) {
  const { statements, snapshot } = await diffSchema(kind, folder)
  if (statements.length === 0 && flag !== '--empty') {
    console.log(`${kind}: up to date`)
    continue
  }
  const journal = readJournal(kind, folder)
  const index = journal.entries.length
  const tag = `${String(index).padStart(4, '0')}_${name}`
  const meta = join(folder, kind, 'meta')
  mkdirSync(meta, { recursive: true })
  const body = flag === '--empty' ? '-- written by hand\n' : statements.join('\n--> statement-breakpoint\n') + '\n'
  writeFileSync(join(folder, kind, `${tag}.sql`), body)
  writeFileSync(join(meta, `${tag.slice(0, 4)}_snapshot.json`), JSON.stringify(snapshot, null, 2) + '\n')
  journal.entries.push({ idx: index, version: snapshot.version, when: Date.now(), tag, breakpoints: true })
  writeFileSync(join(meta, '_journal.json'), JSON.stringify(journal, null, 2) + '\n')
  console.log(`${kind}: ${tag}, ${statements.length} statements`)
}
