/** `weir export`: calls as JSON lines or CSV on standard output, oldest first, in the same text as the API's export. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { parseFilter } from '../../db/filter.ts'
import { openReadDb } from '../../db/open.ts'
import { loadConfig } from '../config/load.ts'
import { exportPage } from '../reader/export-page.ts'
import { type Command, UsageError } from './arguments.ts'
import { toConfigInput } from './config-input.ts'
import { toMoment } from './moment.ts'
import type { Terminal } from './terminal.ts'

/**
 * Reads a page, writes it, and asks for the next when the reader at the other end has taken it: memory stays small however many
 * calls there are. Works beside a running Weir; what that one stores meanwhile may or may not be included.
 */
export const exportCalls = async (command: Command, terminal: Terminal, output: Writable): Promise<void> => {
  const query = toQuery(command, Date.now())
  const { config } = loadConfig(toConfigInput(command, terminal))
  const db = await openReadDb({ dataDir: config.data, database: config.database })
  const gone = whenGone(output)
  try {
    let cursor: string | null = null
    do {
      const page = await exportPage(db, { ...query, cursor })
      if (!output.write(page.bytes)) await Promise.race([once(output, 'drain'), gone.promise])
      cursor = gone.isGone() ? null : page.next
    } while (cursor !== null)
  } finally {
    await db.close()
  }
}

const toQuery = ({ values }: Command, now: number) => {
  const { q = '', format = 'jsonl' } = values
  if (format !== 'jsonl' && format !== 'csv') throw new UsageError(`--format ${format} is not one of jsonl, csv`)
  const { problems } = parseFilter(q)
  if (problems.length > 0) throw new UsageError(`--q: ${problems.join('; ')}`)
  const from = toMoment('from', values['from'], now) ?? 0
  const to = toMoment('to', values['to'], now) ?? Number.MAX_SAFE_INTEGER
  if (from >= to) throw new UsageError('--from must be before --to')
  return { q, format, from, to } as const
}

/** `weir export | head`: the reader goes early, which is no failure. */
const whenGone = (output: Writable) => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let isGone = false
  output.once('error', (error: NodeJS.ErrnoException) => {
    isGone = true
    if (error.code === 'EPIPE') resolve()
    else reject(error)
  })
  promise.catch(() => {})
  return { promise, isGone: () => isGone }
}
