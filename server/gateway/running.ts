/** Calls that are under way: shown live, and ended on demand. Costs the data path one map entry; the rest happens when someone looks. */
import { createBag } from '../bag.ts'
import type { Call } from '../call.ts'
import { WeirError } from '../errors.ts'
import { elapsed, type LiveCall } from './live.ts'
import { maskTarget } from './mask.ts'

export interface RunningEvent {
  type: 'started' | 'ended'
  call: Call
}

export interface Running {
  add(call: LiveCall): void
  remove(call: LiveCall): void
  size(): number
  list(): Call[]
  /** Ends the upstream request; the client gets the dialect's error. False: no such call is running. */
  cancel(id: string): boolean
  /** How many calls of this session were ended. */
  cancelSession(id: string): number
  /** How many calls with this key were ended. */
  cancelKey(name: string): number
  cancelAll(): void
  subscribe(listener: (event: RunningEvent) => void): () => void
  /** Settles when no call is running any more. */
  idle(): Promise<void>
}

export function createRunning(): Running {
  const calls = createBag<LiveCall>()
  const listeners = new Set<(event: RunningEvent) => void>()
  let waiting: (() => void)[] = []

  const tell = (type: RunningEvent['type'], call: LiveCall) => {
    for (const listener of listeners) listener({ type, call: toCall(call) })
  }
  const cancel = (call: LiveCall | undefined): boolean => {
    if (!call?.abort) return false
    call.abort(new WeirError('canceled', 'This call was ended by hand in Weir.'))
    return true
  }

  return {
    add(call) {
      calls.add(call)
      // Told once the call knows its provider: before that there is nothing to show.
      if (listeners.size > 0) setImmediate(() => call.place >= 0 && tell('started', call))
    },
    remove(call) {
      calls.remove(call)
      if (listeners.size > 0) tell('ended', call)
      if (calls.size() > 0 || waiting.length === 0) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    size: calls.size,
    list: () => calls.list().map(toCall),
    cancel: (id) => cancel(calls.list().find((call) => call.id === id)),
    cancelSession: (id) => calls.list().filter((call) => call.caller.session?.id === id && cancel(call)).length,
    cancelKey: (name) => calls.list().filter((call) => call.caller.key === name && cancel(call)).length,
    cancelAll() {
      for (const call of calls.list()) cancel(call)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    idle: () => (calls.size() === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}

/** What is known of a call before it is recorded. Everything else is unknown yet, so it is null. */
function toCall(call: LiveCall): Call {
  const { caller, answered } = call
  const last = call.attempts.at(-1)
  return {
    id: call.id,
    startedAt: call.startedAt,
    durationMs: elapsed(call),
    firstTokenMs: null,
    overheadMs: null,
    provider: call.provider?.name ?? null,
    dialect: call.dialect?.name ?? null,
    operation: call.operation?.name ?? null,
    model: call.model,
    responseModel: null,
    target: call.upstream?.name ?? null,
    route: call.route?.name ?? null,
    method: call.method,
    path: maskTarget(call.target),
    stream: call.stream,
    status: answered?.status ?? last?.status ?? null,
    outcome: 'running',
    errorCode: answered?.errorCode ?? null,
    errorMessage: answered?.errorMessage ?? null,
    finishReason: null,
    toolCalls: [],
    tools: [],
    preview: null,
    usage: null,
    usageSource: 'none',
    usageRaw: null,
    costNano: null,
    listNano: null,
    billing: call.billing ?? 'metered',
    costParts: null,
    costSource: null,
    pricedAs: null,
    cache: call.cache?.state ?? 'off',
    savedNano: null,
    savedMs: null,
    cachedFrom: call.cache?.from ?? null,
    cacheWhy: call.cache?.why ?? null,
    sessionId: caller.session?.id ?? null,
    sessionSource: caller.session?.source ?? null,
    parentId: caller.parent,
    lane: null,
    turn: null,
    newFrom: null,
    mark: null,
    cacheBreak: null,
    key: caller.key,
    team: caller.team,
    user: caller.user,
    tags: caller.tags,
    credential: caller.credential,
    app: null,
    clientIp: null,
    requestId: null,
    responseId: null,
    auxiliary: call.operation?.auxiliary ?? false,
    attempts: [],
    changes: call.changes,
    findings: [],
    traceId: null,
    spanId: null,
    requestBytes: call.request.bytes,
    responseBytes: call.response.bytes,
    events: null,
    requestSha256: null,
    responseSha256: null,
    truncated: false,
    capture: call.capture,
    decodeError: null,
    hint: call.hint,
    feedback: null,
  }
}
