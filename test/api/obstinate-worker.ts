// A reader thread that does what a real one should not: says nothing, hangs in a loop, dies. It speaks the reader's protocol.
import { parentPort, threadId } from 'node:worker_threads'
import type { ToReader } from '../../server/reader/messages.ts'

parentPort?.on('message', (message: ToReader) => {
  if (message.type === 'close') return parentPort?.close()
  const { id, name, args } = message
  const { what } = args as { what: string }
  if (what === 'hang') for (;;);
  if (what === 'die') throw new Error('out of luck')
  if (what === 'silence') return
  parentPort?.postMessage({ type: 'answer', id, value: { name, threadId } })
})
parentPort?.postMessage({ type: 'ready', atOnce: 1 })
