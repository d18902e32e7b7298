/** Calls as CSV (RFC 4180), one column a field, for spreadsheets: figures as numbers, lists and tags as JSON. */
import type { Bucket, Call } from '../call.ts'

const BUCKETS = ['input', 'cacheRead', 'cacheWrite', 'cacheWrite1h', 'output', 'reasoning'] as const satisfies Bucket[]

type Column = [name: string, read: (call: Call) => unknown]

const plain = (...names: (keyof Call)[]): Column[] => names.map((name) => [name, (call) => call[name]])

const COLUMNS: readonly Column[] = [
  ['id', (call) => call.id],
  ['time', (call) => new Date(call.startedAt).toISOString()],
  ...plain('startedAt', 'durationMs', 'firstTokenMs', 'overheadMs', 'provider', 'dialect', 'operation', 'model'),
  ...plain('responseModel', 'target', 'route', 'method', 'path', 'stream', 'status', 'outcome', 'errorCode'),
  ...plain('errorMessage', 'finishReason', 'toolCalls'),
  ...BUCKETS.map((bucket): Column => [bucket, (call) => call.usage?.[bucket]]),
  ...plain(
    'usageSource',
    'costNano',
    'listNano',
    'billing',
    'costSource',
    'pricedAs',
    'cache',
    'sessionId',
    'parentId',
  ),
  ...plain('lane', 'turn', 'key', 'team', 'user', 'tags', 'credential', 'app', 'requestId', 'responseId', 'auxiliary'),
  ...plain('findings', 'traceId', 'spanId', 'requestBytes', 'responseBytes', 'truncated', 'capture'),
]

export const toCsvHead = (): string => COLUMNS.map(([name]) => name).join(',')

export const toCsvRow = (call: Call): string => COLUMNS.map(([, read]) => toCell(read(call))).join(',')

/** Text that a spreadsheet would run as a formula gets an apostrophe: users' prompts and names end up here. */
function toCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
