/** Between a call as the domain speaks of it and its rows. Everything from outside is made fit for a column here, and only here. */
import type { Attempt, Call } from '../server/call.ts'
import type { RecordedCall } from './store.ts'
import type { AttemptRow, CallRow, PlainAttempt, TagRow } from './tables.ts'
import { count, inputTokens, isUnpriced, outputTokens, speedMs, timedMs } from './facts.ts'
import { LINE_MAX, NAME_MAX, toInt, toReal, toText, toTextOrNull } from './text.ts'

/** Tags above this many are dropped: no person reads them, and each is a row and a rollup. */
const TAGS_MAX = 32
const NAMES_MAX = 500

export interface Place {
  pk: number
  writer: string
  seq: number
}

/** Written out without spreads: with them V8 builds an object of 85 properties as a dictionary, slow to make and to read. */
export const toCallRow = ({ call, payloads }: RecordedCall, { pk, writer, seq }: Place): CallRow => {
  const { usage } = call
  return {
    pk,
    id: toText(call.id, 64),
    writer,
    seq,
    startedAt: toInt(call.startedAt) ?? 0,

    provider: toTextOrNull(call.provider),
    dialect: toTextOrNull(call.dialect),
    operation: toTextOrNull(call.operation),
    model: toTextOrNull(call.model),
    responseModel: toTextOrNull(call.responseModel),
    target: toTextOrNull(call.target),
    route: toTextOrNull(call.route),
    method: toText(call.method, 64),
    path: toText(call.path, LINE_MAX),
    stream: call.stream,
    requestId: toTextOrNull(call.requestId),
    responseId: toTextOrNull(call.responseId),
    traceId: toTextOrNull(call.traceId, 64),
    spanId: toTextOrNull(call.spanId, 64),

    durationMs: toReal(call.durationMs),
    firstTokenMs: toReal(call.firstTokenMs),
    overheadMs: toReal(call.overheadMs),
    timedMs: timedMs(call),
    speedMs: speedMs(call),
    status: toInt(call.status),
    outcome: call.outcome,
    errorCode: toTextOrNull(call.errorCode),
    errorMessage: toTextOrNull(call.errorMessage, LINE_MAX),
    finishReason: toTextOrNull(call.finishReason),
    toolCalls: names(call.toolCalls),
    tools: names(call.tools),
    preview: toTextOrNull(call.preview, LINE_MAX),
    cache: call.cache,
    savedNano: toInt(call.savedNano),
    savedMs: toReal(call.savedMs),
    cachedFrom: toTextOrNull(call.cachedFrom, 64),
    cacheWhy: toTextOrNull(call.cacheWhy, LINE_MAX),
    changes: call.changes,
    findings: names(call.findings),
    feedback: call.feedback ?? null,
    decodeError: toTextOrNull(call.decodeError, LINE_MAX),
    hint: toTextOrNull(call.hint, LINE_MAX),

    usage,
    usageSource: call.usageSource,
    usageRaw: call.usageRaw ?? null,
    inputTokens: usage && inputTokens(usage),
    outputTokens: usage && outputTokens(usage),
    input: usage && count(usage.input),
    cacheRead: usage && count(usage.cacheRead) + count(usage.audioCacheRead),
    cacheWrite: usage && count(usage.cacheWrite) + count(usage.cacheWrite1h),
    output: usage && count(usage.output),
    reasoning: usage && count(usage.reasoning),
    costNano: toInt(call.costNano),
    listNano: toInt(call.listNano),
    billing: call.billing,
    costParts: call.costParts,
    costSource: toTextOrNull(call.costSource),
    pricedAs: toTextOrNull(call.pricedAs),
    unpriced: isUnpriced(call) ? 1 : 0,

    sessionId: toTextOrNull(call.sessionId),
    sessionSource: toTextOrNull(call.sessionSource),
    parentId: toTextOrNull(call.parentId),
    lane: toTextOrNull(call.lane),
    turn: toInt(call.turn),
    newFrom: toInt(call.newFrom),
    mark: call.mark,
    cacheBreak: call.cacheBreak,
    key: toTextOrNull(call.key),
    team: toTextOrNull(call.team),
    user: toTextOrNull(call.user),
    app: toTextOrNull(call.app),
    tags: toTags(call.tags),
    credential: toTextOrNull(call.credential),
    clientIp: toTextOrNull(call.clientIp, 64),
    auxiliary: call.auxiliary,

    requestBytes: toInt(call.requestBytes) ?? 0,
    responseBytes: toInt(call.responseBytes) ?? 0,
    events: toInt(call.events),
    requestSha256: toTextOrNull(call.requestSha256, 64),
    responseSha256: toTextOrNull(call.responseSha256, 64),
    truncated: call.truncated,
    capture: call.capture,
    content: payloads.length > 0 ? 'kept' : 'none',
    plainAttempt: toPlainAttempt(call),
  }
}

const names = (list: readonly string[]): string[] => list.slice(0, NAMES_MAX).map((name) => toText(name, NAME_MAX))

const toTags = (tags: Record<string, string>): Record<string, string> => {
  const entries = Object.entries(tags)
  if (entries.length === 0) return tags
  return Object.fromEntries(
    entries.slice(0, TAGS_MAX).map(([name, value]) => [toText(name, 64), toText(String(value), NAME_MAX)]),
  )
}

/**
 * Nearly every call has one attempt that says what the call says, and four numbers: those go into the call's row, which
 * saves a row in a table with an index of its own (a sixth of what storing a small call cost).
 */
const toPlainAttempt = (call: Call): PlainAttempt | null => {
  const [only] = call.attempts
  if (!only || call.attempts.length > 1) return null
  const { n, target, status, error, usage, costNano, reason } = only
  const isPlain =
    n === 1 &&
    target === call.target &&
    target !== '' &&
    target.length <= NAME_MAX &&
    status === call.status &&
    error === null &&
    reason === null &&
    costNano === call.costNano &&
    (usage === call.usage || JSON.stringify(usage) === JSON.stringify(call.usage))
  if (!isPlain) return null
  return [toInt(only.startedAt) ?? 0, toReal(only.durationMs), toReal(only.connectMs), toReal(only.headersMs)]
}

/** Inverse of `toPlainAttempt`. */
const fromPlainAttempt = (row: CallRow, [startedAt, durationMs, connectMs, headersMs]: PlainAttempt): Attempt => ({
  n: 1,
  target: row.target!,
  status: row.status,
  startedAt,
  durationMs,
  connectMs,
  headersMs,
  error: null,
  usage: row.usage,
  costNano: row.costNano,
  reason: null,
})

/** The attempts that need rows. */
export const toAttemptRows = (call: Call, callPk: number): AttemptRow[] =>
  call.attempts.map((attempt) => ({
    callPk,
    n: attempt.n,
    target: toText(attempt.target, NAME_MAX),
    status: toInt(attempt.status),
    startedAt: toInt(attempt.startedAt) ?? 0,
    durationMs: toReal(attempt.durationMs),
    connectMs: toReal(attempt.connectMs),
    headersMs: toReal(attempt.headersMs),
    error: toTextOrNull(attempt.error, LINE_MAX),
    usage: attempt.usage,
    costNano: toInt(attempt.costNano),
    reason: toTextOrNull(attempt.reason, LINE_MAX),
  }))

export const toTagRows = (row: CallRow): TagRow[] =>
  Object.entries(row.tags).map(([name, value]) => ({ callPk: row.pk, name, value }))

/** Ids that a person may paste; those of the call and its session have indexes of their own. */
export const idsOf = (row: Pick<CallRow, 'requestId' | 'responseId' | 'traceId' | 'spanId'>): string[] =>
  [row.requestId, row.responseId, row.traceId, row.spanId].filter((id) => id !== null && id !== '') as string[]

/** Columns that are for the database alone. */
const INNER = [
  'pk',
  'writer',
  'seq',
  'inputTokens',
  'outputTokens',
  'input',
  'cacheRead',
  'cacheWrite',
  'output',
  'reasoning',
  'unpriced',
  'timedMs',
  'speedMs',
  'content',
  'plainAttempt',
] as const satisfies readonly (keyof CallRow)[]

export const toCall = (row: CallRow, attempts: readonly AttemptRow[]): Call => ({
  ...omit(row, INNER),
  attempts: row.plainAttempt
    ? [fromPlainAttempt(row, row.plainAttempt)]
    : attempts.map((attempt): Attempt => omit(attempt, ['callPk'])),
})

export const omit = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Omit<T, K> => {
  const rest = { ...from }
  for (const key of keys) delete rest[key]
  return rest
}
