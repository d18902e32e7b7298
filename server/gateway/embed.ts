/**
 * Asks the target of `cache.semantic` for embeddings. It is a call of Weir's own, with a row of its own: priced like any other, charged
 * to whoever's call needed it, its parent that call. It never fails that call: whatever goes wrong comes back as words.
 */
import type { Dispatcher } from 'undici'
import { readEmbeddings, unusable } from '../cache/embeddings.ts'
import type { Capture } from '../call.ts'
import type { SemanticConfig } from '../config/cache.ts'
import { toWeirError, WeirError } from '../errors.ts'
import type { AttemptMeta } from '../journal/entry.ts'
import { enter, failed, isOpen, succeeded } from '../policy/breaker.ts'
import { createPatterns } from '../policy/pattern.ts'
import type { Provider } from '../providers/provider.ts'
import { messageOf, toFailure } from './failure.ts'
import { toEndMeta } from './finish.ts'
import { type Gateway, record } from './gateway.ts'
import { fromBuffers, headerOf } from './headers.ts'
import { captureLimit } from './ingress.ts'
import { elapsed, type LiveCall, openCall } from './live.ts'
import { maskHeaders } from './mask.ts'
import { countOnly, isLimited } from './reserve.ts'
import { toStartMeta } from './start.ts'

/** Marks the row, beside the tags of the call that it is for. */
const TAG = { weir: 'semantic-cache' }
const MAX_ANSWER = 8 * 2 ** 20
/** The target is left alone after so many failures in a row: calls must not wait for it again and again. */
const BREAKER = { failures: 3, open: 30_000 }

export interface EmbedOptions {
  texts: readonly string[]
  settings: SemanticConfig
  capture: Capture
}

/** One vector of length 1 for each text; else why there is none, in words. Never rejects. */
export async function embed(call: LiveCall, options: EmbedOptions, gateway: Gateway): Promise<Float32Array[] | string> {
  const { breaker } = gateway.cache.semantic
  const now = Date.now()
  if (isOpen(breaker, now)) return `${options.settings.target} is left alone for a moment: ${breaker.why}`
  const trial = enter(breaker, BREAKER, now)
  try {
    const vectors = await ask(call, options, gateway)
    succeeded(breaker, trial)
    return vectors
  } catch (error) {
    failed(breaker, BREAKER, { trial, now: Date.now(), why: messageOf(error) })
    return messageOf(error)
  }
}

async function ask(call: LiveCall, options: EmbedOptions, gateway: Gateway): Promise<Float32Array[]> {
  const { texts, settings } = options
  const { own, headers } = open(call, options, gateway)
  const body = own.body.kind === 'whole' ? own.body.bytes : Buffer.alloc(0)
  if (isLimited(own, gateway)) countOnly(own, gateway)
  const start = { ...toStartMeta(own), path: own.upstream!.path, headers: maskHeaders(headers) }
  void gateway.journal.start(own.id, start)
  own.request.expect(body.length, captureLimit(own))
  void record(own, gateway, 'request', body, elapsed(own))
  try {
    const answer = await send(own, { headers, body, timeoutMs: settings.timeout }, gateway)
    const from = { name: own.upstream!.name, status: own.attempts[0]!.status }
    const vectors = readEmbeddings(answer, texts.length, from)
    end(own, null, gateway)
    return vectors
  } catch (thrown) {
    const error = toWeirError(thrown)
    end(own, error, gateway)
    throw error
  }
}

/** Nobody waits for the row: the call goes on as soon as the vectors are there. */
function end(own: LiveCall, error: WeirError | null, gateway: Gateway): void {
  own.answered = {
    outcome: error === null ? 'ok' : error.code === 'timeout_total' ? 'timeout' : 'error',
    status: own.attempts[0]!.status,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
  }
  void gateway.journal.end(own.id, toEndMeta(own)).then((recorded) => {
    if (own.reservation !== null) gateway.ledger.finish(own.reservation, recorded)
  })
}

/** A call of Weir's own for this one's caller. */
function open(call: LiveCall, { texts, settings, capture }: EmbedOptions, gateway: Gateway) {
  const cut = settings.target.indexOf('/')
  const provider = call.rules.providers.find(settings.target.slice(0, cut))!
  const model = settings.target.slice(cut + 1)
  const rest = `${provider.openaiBase}/embeddings`
  const bytes = Buffer.from(
    JSON.stringify({
      model,
      input: texts,
      ...(settings.dimensions === undefined ? {} : { dimensions: settings.dimensions }),
    }),
  )
  const { key, headers } = credentialFor(provider, model)
  const own = openCall(call.incoming, call.outgoing, call.rules)
  Object.assign(own, {
    method: 'POST',
    provider,
    ...provider.recognise('POST', rest),
    model,
    stream: false,
    upstream: {
      provider,
      name: settings.target,
      origin: provider.base.origin,
      host: provider.base.host,
      path: provider.base.path + rest,
    },
    caller: {
      ...call.caller,
      tags: { ...call.caller.tags, ...TAG },
      session: null,
      parent: call.id,
      credential: key === null ? null : gateway.nameCredential(key),
    },
    weirKey: call.weirKey,
    billing: provider.billing,
    capture,
    body: { kind: 'whole', bytes },
    journaled: true,
  })
  return { own, headers: ['content-type', 'application/json', 'user-agent', 'weir', ...headers] }
}

/** Weir's own, as its call has shown a Weir key. */
function credentialFor(provider: Provider, model: string): { key: string | null; headers: string[] } {
  const found = provider.credentials.find(({ models }) => models === null || createPatterns(models)(model))
  const { header, prefix } = provider.credential
  const given = Object.entries({ ...provider.headers, ...provider.secretHeaders }).flat()
  return { key: found?.key ?? null, headers: found ? [header, prefix + found.key, ...given] : given }
}

interface Outgoing {
  headers: string[]
  body: Buffer
  timeoutMs: number
}

/** Settles with the whole answer, whatever its status; what came of it is in the journal by then. */
function send(own: LiveCall, { headers, body, timeoutMs }: Outgoing, gateway: Gateway): Promise<Buffer> {
  const { origin, path, host, name, provider } = own.upstream!
  const meta = createMeta(own)
  const pieces: Buffer[] = []
  let controller: Dispatcher.DispatchController | null = null
  return new Promise<Buffer>((resolve, reject) => {
    let over = false
    const settle = (error: WeirError | null) => {
      if (over) return
      over = true
      clearTimeout(timer)
      if (error) meta.error = { code: error.code, message: error.message }
      void gateway.journal.attempt(own.id, meta)
      if (!error) return resolve(Buffer.concat(pieces))
      controller?.abort(error)
      reject(error)
    }
    const timer = setTimeout(() => settle(tooSlow(name, timeoutMs)), timeoutMs)
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(given) {
        controller = given
        meta.connectMs = elapsed(own) - meta.atMs
        if (over) given.abort(tooSlow(name, timeoutMs))
      },
      onResponseStart(_, status, __, statusMessage) {
        if (over || status < 200) return
        const raw = fromBuffers((controller!.rawHeaders ?? []) as Buffer[])
        const headersMs = elapsed(own) - meta.atMs
        Object.assign(meta, { status, statusMessage: statusMessage ?? '', headersMs, headers: maskHeaders(raw) })
        const length = headerOf(raw, 'content-length')
        own.response.expect(length === null ? null : Number(length), captureLimit(own))
      },
      onResponseData(_, bytes) {
        if (over) return
        pieces.push(bytes)
        void record(own, gateway, 'response', bytes, elapsed(own))
        if (own.response.bytes > MAX_ANSWER) settle(unusable(name, `is larger than ${MAX_ANSWER} bytes`))
      },
      onResponseEnd: () => settle(null),
      onResponseError: (_, error) => settle(toFailure(error, own.upstream!, meta.status !== null, gateway.inContainer)),
    }
    const request = { origin, path, method: 'POST' as const, headers: ['host', host, ...headers], body }
    try {
      gateway.upstreams.for(provider.name).dispatch(request, handler)
    } catch (error) {
      settle(toFailure(error as Error, own.upstream!, false, gateway.inContainer))
    }
  })
}

function createMeta(own: LiveCall): AttemptMeta {
  const meta: AttemptMeta = {
    n: 1,
    target: own.upstream!.name,
    startedAt: Date.now(),
    atMs: elapsed(own),
    connectMs: null,
    headersMs: null,
    status: null,
    statusMessage: null,
    headers: null,
    error: null,
    reason: null,
  }
  own.attempts.push(meta)
  return meta
}

const tooSlow = (name: string, ms: number) =>
  new WeirError('timeout_total', `${name} gave no embedding within ${ms} ms (cache.semantic.timeout).`)
