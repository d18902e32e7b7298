/**
 * The control thread: small writes that a person waits for, one after the other. It does not nice itself, and touches no body. The
 * recorder's transactions are short; SQLite waits for them.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { openWriteDb } from '../../db/open.ts'
import { openPatiently } from '../../db/patience.ts'
import { listKeys } from '../../db/queries/keys.ts'
import { commands } from './commands.ts'
import { ControlError, type ControlOptions, type FromControl, type ToControl } from './messages.ts'

const port = parentPort
if (!port) throw new Error('control/worker.ts is a worker thread of Weir; start Weir with `weir`.')

const options = workerData as ControlOptions
const post = (message: FromControl) => port.postMessage(message)
const db = await openPatiently(() => openWriteDb(options), listKeys)
let last: Promise<void> = Promise.resolve()

port.on('message', (message: ToControl) => {
  last = last.then(() => (message.type === 'close' ? close() : carryOut(message)))
})

async function close(): Promise<void> {
  await db.close()
  port!.close()
}

async function carryOut({ id, name, args }: Extract<ToControl, { type: 'do' }>): Promise<void> {
  try {
    const command = commands[name as keyof typeof commands] as (control: unknown, args: unknown) => unknown
    post({ type: 'done', id, value: await command({ db, ...options }, args) })
  } catch (error) {
    const code = error instanceof ControlError ? error.code : 'write_failed'
    post({ type: 'failed', id, code, message: error instanceof Error ? error.message : String(error) })
  }
}
