/** Meta-data like the gateway's. On its own, because child processes use it too, and they have no test runner. */
import { v7 } from 'uuid'
import type { AttemptMeta, EndMeta, PartData, StartMeta } from '../../server/journal/entry.ts'

export const newCallId = (): string => v7()

export const startMeta = (over: Partial<StartMeta> = {}): StartMeta => ({
  startedAt: Date.now(),
  provider: 'openai',
  dialect: 'openai-chat',
  operation: 'chat',
  auxiliary: false,
  model: 'gpt-5.1',
  stream: true,
  target: 'openai',
  route: null,
  method: 'POST',
  path: '/openai/v1/chat/completions',
  upstreamPath: '/v1/chat/completions',
  headers: ['content-type', 'application/json', 'authorization', 'Bearer sk-…a2e1', 'user-agent', 'OpenAI/JS 7.57.0'],
  httpVersion: '1.1',
  key: null,
  team: null,
  user: 'zoë',
  tags: { feature: 'search' },
  session: null,
  parent: null,
  credential: '3f9c…a2e1',
  billing: null,
  cache: 'off',
  capture: 'full',
  clientIp: null,
  socket: null,
  ...over,
})

export const attemptMeta = (over: Partial<AttemptMeta> = {}): AttemptMeta => ({
  n: 1,
  target: 'openai',
  startedAt: Date.now(),
  atMs: 0.4,
  connectMs: null,
  headersMs: 212.3,
  status: 200,
  statusMessage: 'OK',
  headers: ['content-type', 'text/event-stream', 'x-request-id', 'req_7f3b'],
  error: null,
  reason: null,
  ...over,
})

export const endMeta = (over: Partial<EndMeta> = {}): EndMeta => ({
  outcome: 'ok',
  status: 200,
  errorCode: null,
  errorMessage: null,
  durationMs: 812.5,
  overheadMs: 0.2,
  requestBytes: 0,
  responseBytes: 0,
  requestSha256: null,
  responseSha256: null,
  truncated: false,
  changes: [],
  hint: null,
  trailers: null,
  ...over,
})

export const part = (text: string | Buffer, over: Partial<PartData> = {}): PartData => {
  const bytes = Buffer.from(text)
  return { direction: 'response', atMs: 1.25, length: bytes.length, bytes, ...over }
}
