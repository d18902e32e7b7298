/**
 * A reader thread: opens the database for reading, answers questions by name, ends when told. Whatever a question throws is an
 * answer too; only a database that cannot be opened ends the thread.
 */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, workerData, type TransferListItem } from 'node:worker_threads'
import { openReadDb } from '../../db/open.ts'
import { openPatiently } from '../../db/patience.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import type { FromReader, ReaderOptions, ToReader } from './messages.ts'
import { questions } from './questions.ts'

/** Behind the data path, before the recorder: somebody is waiting for this answer, but calls come first. */
const NICENESS = 8

/** Linux only; it reaches this thread alone. Readers use no thread of libuv's pool, which would inherit it. */
function niceThisThread(): void {
  try {
    const [, , tid] = readlinkSync('/proc/thread-self').split('/')
    setPriority(Number(tid), NICENESS)
  } catch {
    // Not Linux, or not allowed: slower calls under load, otherwise the same.
  }
}

const port = parentPort
if (!port) throw new Error('reader/worker.ts is a worker thread of Weir; start Weir with `weir`.')
niceThisThread()

const options = workerData as ReaderOptions
const db = await openPatiently(
  () => openReadDb(options),
  (opened) => listCalls(opened, { limit: 1 }),
)
const post = (message: FromReader, moved: TransferListItem[] = []) => port.postMessage(message, moved)

port.on('message', async (message: ToReader) => {
  if (message.type === 'close') {
    await db.close()
    return port.close()
  }
  const { id, name, args, json } = message
  try {
    const question = questions[name as keyof typeof questions] as (db: unknown, args: unknown) => unknown
    const value = await question(db, args)
    if (json && value !== null) answerWithBytes(id, Buffer.from(JSON.stringify(value)))
    else post({ type: 'answer', id, value }, movable(value))
  } catch (error) {
    post({ type: 'failed', id, ...toFailure(name, error) })
  }
})
post({ type: 'ready', atOnce: db.kind === 'sqlite' ? 1 : 4 })

function answerWithBytes(id: number, bytes: Uint8Array<ArrayBuffer>): void {
  post({ type: 'answer', id, value: bytes }, movable({ bytes }))
}

/** Bytes that own their whole buffer are handed over instead of copied; a slice of a shared pool must be copied. */
function movable(value: unknown): ArrayBuffer[] {
  const bytes = (value as { bytes?: unknown } | null)?.bytes
  if (!(bytes instanceof Uint8Array) || !(bytes.buffer instanceof ArrayBuffer)) return []
  return bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : []
}

function toFailure(name: string, error: unknown): { message: string; code: 'bad_input' | null } {
  const message = error instanceof Error ? error.message : String(error)
  // What queries throw for input that they cannot understand, such as a cursor that is none of theirs.
  if (error instanceof RangeError) return { message, code: 'bad_input' }
  return { message: `"${name}" failed: ${message}`, code: null }
}
