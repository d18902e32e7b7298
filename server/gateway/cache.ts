/**
 * Step `cache`: a call whose answer is known gets it again, or shares the one that an identical call is getting just now; every
 * other answer is kept on its way by. What is never answered from here, because the provider would keep or go on with something:
 * calls that say `store: true` or `background: true`, or name a `conversation` or `container`. (`previous_response_id` is fine:
 * what it names never changes.)
 */
import type { Alike } from '../cache/semantic.ts'
import type { Keeping } from '../cache/use.ts'
import { bypass, toUse } from '../cache/use.ts'
import { keyOf, varyingHeaders, withoutCredentials } from '../cache/key.ts'
import { fieldsOf } from '../cache/nearby.ts'
import { readWish, type Wish } from '../cache/wish.ts'
import { findAlike, toAlike } from './alike.ts'
import { isSecretHeader } from '../secret-header.ts'
import type { Gateway } from './gateway.ts'
import { forEachHeader, headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import { presentedCredentials } from './mask.ts'
import { follow, replay } from './replay.ts'
import { scanTopLevel, type TopLevel } from './scan.ts'

/** What a model makes of what it is sent, whole and once. Nothing that is housekeeping, a file, a job or a session. */
const CACHEABLE = new Set(['chat', 'completions', 'responses', 'embeddings'])

/** Answered from the cache: nothing more to do. Called only where `cache.mode` is not off. */
export async function fromCache(call: LiveCall, gateway: Gateway): Promise<boolean> {
  const { cache: config } = call.rules.config
  const wish = readWish(call.incoming.rawHeaders)
  if (!wish && config.mode === 'opt-in') return false
  if (!isCacheable(call)) {
    if (wish) call.cache = bypass('answers of this kind are not kept')
    return false
  }
  const top = topOf(call)
  const scope = scopeOf(call, gateway)
  const why = wish?.mode === 'off' ? wish.said : whyNot(call, top, scope)
  if (why !== null) {
    call.cache = bypass(why)
    return false
  }
  const question = ask(call, scope!)
  const key = keyOf(question)
  if (wish?.mode !== 'refresh') {
    const found = gateway.cache.find(key, wish?.ttlMs ?? null)
    const entry = found instanceof Promise ? await found : found
    if (entry) return replay(call, entry, gateway)
    const flight = gateway.cache.flying(key)
    if (flight && (await follow(call, flight, gateway))) return true
  }
  const keeping: Keeping = {
    key,
    ttlMs: wish?.ttlMs ?? config.ttl,
    onDisk: call.capture === 'full',
    group: JSON.stringify([question.provider, question.route, question.path, scope]),
    fields: fieldsOf(question.headers, question.body, top),
    alike: config.semantic ? toAlike(call, question, top, config.semantic) : null,
  }
  if (keeping.alike && wish?.mode !== 'refresh') {
    if (await fromAlike(call, keeping, keeping.alike, wish, gateway)) return true
    // An identical call may have gone ahead meanwhile. From here to the take-off nothing is awaited.
    const flight = gateway.cache.flying(key)
    if (flight && (await follow(call, flight, gateway))) return true
  }
  miss(call, keeping, wish, gateway)
  return false
}

/** False: nothing is alike enough; `call.cache` says why where that was looked into. */
async function fromAlike(
  call: LiveCall,
  keeping: Keeping,
  alike: Alike,
  wish: Wish | null,
  gateway: Gateway,
): Promise<boolean> {
  const found = await findAlike(call, { alike, onDisk: keeping.onDisk, maxAgeMs: wish?.ttlMs ?? null }, gateway)
  if (found === null) return false
  if (typeof found !== 'string') return replay(call, found.entry, gateway, found.similarity)
  const asked = { key: keeping.key, fields: keeping.fields, ttlMs: wish?.ttlMs ?? null }
  call.cache = toUse('miss', `${call.cache?.why ?? gateway.cache.nearby.explain(keeping.group, asked)}; ${found}`)
  return false
}

function miss(call: LiveCall, keeping: Keeping, wish: Wish | null, gateway: Gateway): void {
  const refresh = wish?.mode === 'refresh'
  const asked = { key: keeping.key, fields: keeping.fields, ttlMs: wish?.ttlMs ?? null }
  const why = refresh ? wish.said : (call.cache?.why ?? gateway.cache.nearby.explain(keeping.group, asked))
  call.cache = toUse(refresh ? 'refresh' : 'miss', why)
  call.cache.flight = gateway.cache.takeOff(call, keeping)
  if (!refresh) gateway.cache.countMiss()
}

const isCacheable = ({ operation, upstream, incoming, method }: LiveCall): boolean =>
  operation !== null &&
  upstream !== null &&
  !operation.auxiliary &&
  CACHEABLE.has(operation.name) &&
  incoming.method === 'POST' &&
  method === 'POST'

function whyNot(call: LiveCall, top: TopLevel | null, scope: string | null): string | null {
  if (call.body.kind !== 'whole' || !call.received) return 'the request body was passed on as it came, not held whole'
  if (call.capture === 'off') return 'capture is off for this call, so nothing of it is kept'
  if (scope === null) return 'the call shows no credential, so nothing tells whose answer it would be'
  if (top === null && call.operation!.name === 'responses' && isEncoded(call))
    return 'its body is compressed, so it cannot be seen whether it belongs to a conversation'
  return top && whyStateful(call.received, top)
}

/** The provider keeps something for such a call, or goes on with something that changes. */
function whyStateful(body: Buffer, { values }: TopLevel): string | null {
  for (const name of ['store', 'background']) {
    const place = values.get(name)
    if (place?.type === 'boolean' && body[place.start] === TRUE)
      return `${name} is true: the provider keeps state for it`
  }
  for (const name of ['conversation', 'container']) {
    const place = values.get(name)
    if (place && place.type !== 'null') return `it names a ${name}, whose state changes`
  }
  return null
}
const TRUE = 0x74

function ask(call: LiveCall, scope: string) {
  const { route } = call
  const upstream = call.upstream!
  return {
    // Which of a route's targets answers is the route's own affair.
    provider: route ? '' : upstream.provider.name,
    origin: route ? '' : upstream.origin,
    route: route?.name ?? null,
    path: withoutCredentials(route?.tail ?? upstream.path),
    scope,
    namespace: call.rules.config.cache.namespace,
    headers: varyingHeaders(call.incoming.rawHeaders),
    body: call.received!,
  }
}

/**
 * Who may share an answer: the key's team, else the key, else whoever shows the same credentials. Only local models, which know
 * no credentials, are anybody's.
 */
function scopeOf(call: LiveCall, gateway: Gateway): string | null {
  const { caller, provider, weirKey } = call
  if (weirKey?.team) return `team ${weirKey.team}`
  if (caller.key !== null) return `key ${caller.key}`
  const shown = credentialsOf(call).map(gateway.nameCredential)
  if (shown.length > 0) return `credentials ${shown.join(' ')}`
  return provider!.local ? 'anyone' : null
}

/** All that could tell one account from another, whether Weir knows the header or not; cookies only where there is nothing else. */
function credentialsOf(call: LiveCall): string[] {
  const found: string[] = []
  const cookies: string[] = []
  forEachHeader(call.incoming.rawHeaders, (name, value) => {
    if (name === 'cookie') cookies.push(value)
    else if (isSecretHeader(name)) found.push(value)
  })
  for (const { parameter, value } of presentedCredentials(call.incoming.rawHeaders, call.target))
    if (parameter !== null) found.push(value)
  return found.length > 0 ? found : cookies
}

const isEncoded = (call: LiveCall): boolean =>
  (headerOf(call.incoming.rawHeaders, 'content-encoding') ?? 'identity').toLowerCase() !== 'identity'

const topOf = (call: LiveCall): TopLevel | null =>
  call.received && !isEncoded(call) ? scanTopLevel(call.received, EVERY) : null
/** The scanner asks only whether a field is wanted. */
const EVERY = { has: () => true } as unknown as ReadonlySet<string>
