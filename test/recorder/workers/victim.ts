/**
 * A process that writes calls and records them until it is killed. Each id goes to stdout when its `end` is in the journal, as a
 * client would see its answer complete. Every third call is hidden (capture `metadata`).
 */
import { writeSync } from 'node:fs'
import { v7 } from 'uuid'
import { startRecorder } from '../../../server/recorder/handle.ts'
import {
  chatAnswer,
  chatRequest,
  chatStream,
  openJournal,
  recorderOptions,
  streamAttempt,
  writeCall,
  type Written,
} from '../calls.ts'

const [dataDir = '', canary = ''] = process.argv.slice(2)
const wake = new SharedArrayBuffer(4)
const recorder = startRecorder({
  workerUrl: new URL('../../../server/recorder/worker.ts', import.meta.url),
  options: recorderOptions(dataDir, wake),
  onRecorded: () => {},
  onStatus: () => {},
})
const journal = await openJournal(dataDir, wake)
await recorder.ready
writeSync(1, 'ready\n')

const { role, words, finish, usage, done } = chatStream
const kinds: ((id: string) => Written)[] = [
  (id) => ({ request: chatRequest(), response: [chatAnswer({ id: `chatcmpl-${id}` })] }),
  () => ({
    start: { stream: true },
    attempts: [streamAttempt],
    request: chatRequest(),
    response: [role, ...words, finish, usage, done],
  }),
  () => ({
    start: { capture: 'metadata' },
    request: chatRequest({ messages: [{ role: 'user', content: canary }] }),
    response: [chatAnswer({ system_fingerprint: canary })],
  }),
]

const one = async (kind: number): Promise<void> => {
  const id = v7()
  const written = kinds[kind]!(id)
  if (kind === 2) {
    const bodies = [
      ['request', written.request],
      ['response', written.response?.[0]],
    ] as const
    for (const [direction, body] of bodies)
      recorder.post({ type: 'body', callId: id, direction, bytes: Buffer.from(body as string) })
  }
  await writeCall(journal, { ...written, id })
  writeSync(1, `${kind} ${id}\n`)
}

// Open when it dies: these must come out as interrupted.
void writeCall(journal, { request: chatRequest(), response: [chatAnswer().slice(0, 40)], end: null })
for (;;) {
  await Promise.all([0, 1, 2, 0, 1, 2].map(one))
  await new Promise((resolve) => setTimeout(resolve, 2))
}
