/** The row that all steps add up to. What each step found stands in `Steps`; here it only takes its place. */
import type { Attempt, Call, Usage, UsageSource } from '../call.ts'
import type { JournaledCall } from '../journal/entry.ts'
import type { Billed } from './billed.ts'
import { lengthOf, type Body } from './body.ts'
import type { Decoded } from './decode.ts'
import type { Verdict } from './judge.ts'
import { preview } from './preview.ts'

export interface Counted {
  usage: Usage | null
  usageSource: UsageSource
}

export type Priced = Pick<Call, 'costNano' | 'listNano' | 'billing' | 'costParts' | 'costSource' | 'pricedAs'>

export type Owner = Pick<
  Call,
  'sessionId' | 'sessionSource' | 'parentId' | 'lane' | 'user' | 'tags' | 'app' | 'requestId' | 'traceId' | 'spanId'
>

export interface Steps {
  journaled: JournaledCall
  request: Body
  response: Body
  decoded: Decoded
  verdict: Verdict
  counted: Counted
  priced: Priced
  /** Tries before the last that were billed, too; null: none. */
  billed: readonly Billed[] | null
  owner: Owner
  decodeError: string | null
}

const NO_TOKENS: Usage = {}

/** Written out without spreads: with them V8 builds an object of 80 properties as a dictionary, at four times the cost. */
export const toCall = (steps: Steps): Call => {
  const { journaled, decoded, verdict, counted, priced, owner, decodeError } = steps
  const { callId, start, end } = journaled
  const { request, answer } = decoded
  const whole = start.capture === 'full'
  const size = sizes(steps)
  const hit = verdict.outcome === 'cache_hit' || end?.cache?.state === 'hit'
  return {
    id: callId,
    startedAt: start.startedAt,
    durationMs: verdict.durationMs,
    firstTokenMs: decoded.firstTokenMs,
    overheadMs: end?.overheadMs ?? null,

    provider: start.provider,
    dialect: start.dialect,
    operation: start.operation,
    model: start.model ?? request?.model ?? null,
    responseModel: answer?.model ?? null,
    // Of a route only a target that was tried is one.
    target: journaled.attempts.at(-1)?.target ?? (start.route === null ? start.target : null),
    route: start.route,
    method: start.method,
    path: start.path,
    stream: start.stream ?? request?.stream ?? null,
    status: verdict.status,

    outcome: verdict.outcome,
    errorCode: verdict.errorCode,
    errorMessage: verdict.errorMessage,
    finishReason: answer?.finishReason ?? null,
    toolCalls: toolCallsOf(decoded),
    tools: request?.tools.map(({ name }) => name) ?? [],
    preview: whole ? preview(request, answer) : null,

    usage: hit ? NO_TOKENS : counted.usage,
    usageSource: hit ? 'none' : counted.usageSource,
    usageRaw: answer?.usageRaw ?? null,
    // Nobody bills an answer from the cache, and no token was used for it: known zeros. What it would have cost is saved.
    costNano: hit ? 0 : priced.costNano,
    listNano: hit ? 0 : priced.listNano,
    billing: priced.billing,
    costParts: hit ? null : priced.costParts,
    costSource: hit ? 'cache' : priced.costSource,
    pricedAs: hit ? null : priced.pricedAs,

    cache: end?.cache?.state ?? start.cache,
    savedNano: hit ? (end?.cache?.savedNano ?? priced.costNano) : null,
    savedMs: end?.cache?.savedMs ?? null,
    cachedFrom: end?.cache?.from ?? null,
    cacheWhy: end?.cache?.why ?? null,
    sessionId: owner.sessionId,
    sessionSource: owner.sessionSource,
    parentId: owner.parentId,
    lane: owner.lane,
    turn: null,
    newFrom: null,
    mark: null,
    cacheBreak: null,

    key: start.key,
    team: start.team,
    user: owner.user,
    tags: owner.tags,
    credential: start.credential,
    app: owner.app,
    clientIp: start.clientIp,
    requestId: owner.requestId,
    responseId: answer?.id ?? null,
    auxiliary: start.auxiliary,

    attempts: toAttempts(steps),
    changes: end?.changes ?? [],
    findings: [],
    traceId: owner.traceId,
    spanId: owner.spanId,

    requestBytes: size.requestBytes,
    responseBytes: size.responseBytes,
    events: answer?.events ?? null,
    requestSha256: end?.requestSha256 ?? null,
    responseSha256: end?.responseSha256 ?? null,
    truncated: size.truncated,
    capture: start.capture,
    decodeError,
    hint: end?.hint ?? null,
    feedback: null,
  }
}

function toolCallsOf({ answer }: Decoded): string[] {
  const names: string[] = []
  for (const { parts } of answer?.messages ?? []) {
    for (const part of parts) if (part.type === 'tool_call') names.push(part.name)
  }
  return names
}

/** The last try has answered; of those before it some may have been billed, too. Attempts add up to the call (billed.ts). */
function toAttempts({ journaled, verdict, counted, priced, billed }: Steps): Attempt[] {
  const answering = journaled.attempts.at(-1)
  const attempts = journaled.attempts.length > 1 ? journaled.attempts.toSorted((a, b) => a.n - b.n) : journaled.attempts
  return attempts.map((attempt, i) => {
    const last = attempt === answering
    const before = billed === null ? undefined : billed.find(({ n }) => n === attempt.n)
    const until = attempts[i + 1]?.atMs ?? verdict.durationMs
    return {
      n: attempt.n,
      target: attempt.target,
      status: attempt.status,
      startedAt: attempt.startedAt,
      durationMs: until === null ? null : Math.max(0, until - attempt.atMs),
      connectMs: attempt.connectMs,
      headersMs: attempt.headersMs,
      error: attempt.error && (attempt.error.message || attempt.error.code),
      usage: last ? counted.usage : (before?.usage ?? null),
      costNano: last ? priced.costNano : (before?.priced.costNano ?? null),
      reason: attempt.reason,
    }
  })
}

/** `truncated` also where the journal was full and shed bodies in the middle of a call. */
function sizes({ journaled: { start, end, request: asked, response: answered }, request, response }: Steps) {
  const gap = start.capture === 'full' && (request.captured < request.total || response.captured < response.total)
  return {
    requestBytes: end?.requestBytes ?? lengthOf(asked),
    responseBytes: end?.responseBytes ?? lengthOf(answered),
    truncated: end?.truncated === true || gap,
  }
}
