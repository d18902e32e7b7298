/**
 * A process with a journal of its own, for tests that kill it. Speaks in lines on stdout: `ready <writer>`, then, for what
 * the journal has acknowledged, `part <callId> <body offset>` and `end <callId> <bytes>`.
 * argv: journal folder, `write` (without end) or `hold` (only the lock, and one call that stays open).
 */
import { writeSync } from 'node:fs'
import { v7 } from 'uuid'
import { createJournal } from '../../server/journal/append.ts'
import type { JournalWriter } from '../../server/journal/append.ts'
import { attemptMeta, endMeta, part, startMeta } from './meta.ts'

const [, , dir = '', mode = 'hold'] = process.argv
const say = (line: string): void => void writeSync(1, `${line}\n`)

const piece = (callId: string, n: number): Buffer =>
  Buffer.from(`data: ${callId} ${n} ${'x'.repeat((n * 37) % 900)}\n\n`)

/** Written ahead of the client: a line on stdout stands for a piece that a client has seen. */
const stream = async (journal: JournalWriter): Promise<void> => {
  const callId = v7()
  if (!(await journal.start(callId, startMeta()))) return
  await journal.attempt(callId, attemptMeta())
  let sent = 0
  for (let n = 0; n < 12; n++) {
    const bytes = piece(callId, n)
    if (!(await journal.part(callId, part(bytes)))) return
    sent += bytes.length
    say(`part ${callId} ${sent}`)
  }
  if (await journal.end(callId, endMeta())) say(`end ${callId} ${sent}`)
}

const journal = await createJournal({
  dir,
  segmentBytes: 200_000,
  maxBytes: 2 ** 30,
  fsync: 'off',
  onFull: 'shed_bodies',
})
say(`ready ${journal.writer}`)
if (mode === 'write')
  for (let i = 0; i < 20; i++)
    void (async () => {
      for (;;) await stream(journal)
    })()
else {
  const callId = v7()
  await journal.start(callId, startMeta())
  await journal.part(callId, part('half'))
  say(`part ${callId} 4`)
  setInterval(() => {}, 60_000)
}
