/** The row that all steps add up to. What each step found stands in `Findings`; here it only takes its place. */
import type { Attempt, Call, Usage, UsageSource } from '../call.ts'
import type { JournaledCall } from '../journal/entry.ts'
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
  owner: Owner
  decodeError: string | null
}

export const toCall = (steps: Steps): Call => {
  const { journaled, decoded, verdict, counted, priced, owner, decodeError } = steps
  const { callId, start, end } = journaled
  const { request, answer } = decoded
  const whole = start.capture === 'full'
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
    target: journaled.attempts.at(-1)?.target ?? start.target,
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

    ...counted,
    usageRaw: answer?.usageRaw ?? null,
    ...priced,
    // Nobody bills an answer from the cache; the list price says what it saved.
    ...(verdict.outcome === 'cache_hit' ? { costNano: 0 } : {}),

    cache: start.cache,
    ...owner,
    turn: null,

    key: start.key,
    team: start.team,
    credential: start.credential,
    clientIp: start.clientIp,
    responseId: answer?.id ?? null,
    auxiliary: start.auxiliary,

    attempts: toAttempts(steps),
    changes: end?.changes ?? [],
    findings: [],

    ...sizes(steps),
    events: answer?.events ?? null,
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

/** Only the last try can have answered, so what the call used and cost is its alone: attempts add up to the call. */
function toAttempts({ journaled, verdict, counted, priced }: Steps): Attempt[] {
  const { attempts } = journaled
  return attempts.map((attempt, i) => {
    const last = i === attempts.length - 1
    const until = last ? verdict.durationMs : (attempts[i + 1]?.atMs ?? null)
    return {
      n: attempt.n,
      target: attempt.target,
      status: attempt.status,
      startedAt: attempt.startedAt,
      durationMs: until === null ? null : Math.max(0, until - attempt.atMs),
      connectMs: attempt.connectMs,
      headersMs: attempt.headersMs,
      error: attempt.error && (attempt.error.message || attempt.error.code),
      usage: last ? counted.usage : null,
      costNano: last ? priced.costNano : null,
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
    requestSha256: end?.requestSha256 ?? null,
    responseSha256: end?.responseSha256 ?? null,
    truncated: end?.truncated === true || gap,
  }
}
