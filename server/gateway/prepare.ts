/** Makes a call of a route ready for one try: whose provider, which model in the body, whose credential. From the call as it came each time. */
import { WeirError } from '../errors.ts'
import type { RouteCredential, RouteTarget } from '../policy/targets.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import { askForUsage } from './inject-usage.ts'
import type { LiveCall } from './live.ts'
import type { LiveRoute } from './live-route.ts'
import { locate, setOperation } from './locate.ts'
import { splice, type TopLevel } from './scan.ts'

/** Where the target's answer will come from. Enough for `admit`, limits and the journal's `start`. */
export function aim(call: LiveCall, { provider, model, name }: RouteTarget): void {
  const route = call.route!
  call.provider = provider
  call.model = model ?? route.model
  const rest = pathAt(route, provider.bases[route.family]!, model)
  setOperation(call, provider, rest)
  call.billing ??= provider.billing
  call.upstream = { provider, name, ...locate(call, provider, rest) }
}

const MODEL_IN_PATH = /(\/(?:models|tunedModels)\/)[^/:?]+(?=:)/

function pathAt({ family, tail }: LiveRoute, base: string, model: string | null): string {
  if (family !== 'gemini' || model === null) return base + tail
  return base + tail.replace(MODEL_IN_PATH, (_, lead: string) => lead + encodeURIComponent(model))
}

/** @throws WeirError when the request cannot be made for this target. */
export function prepare(
  call: LiveCall,
  { target, credential, mayHold }: { target: RouteTarget; credential: RouteCredential | null; mayHold: boolean },
  gateway: Gateway,
): void {
  const route = call.route!
  const common = (route.common ??= {
    body: call.body.kind === 'whole' ? call.body.bytes : null,
    drop: call.dropHeaders,
    set: call.setHeaders,
    changes: call.changes,
  })
  call.dropHeaders = [...common.drop]
  call.setHeaders = [...common.set]
  call.changes = [...common.changes]
  call.injected = null
  aim(call, target)
  setCredential(call, target, credential)
  const scanned = putModel(call, target, common.body)
  if (!gateway.refusesUsage.has(call.upstream!.origin)) askForUsage(call, scanned, true)
  if (mayHold) askForPlainText(call)
}

/** Puts the target's model into the body. Answers the places in the new body. */
function putModel(call: LiveCall, { model }: RouteTarget, body: Buffer | null): TopLevel | null {
  const { scanned, name, named } = call.route!
  if (body === null) return null
  call.body = { kind: 'whole', bytes: body }
  if (model === null || scanned === null || call.route!.family === 'gemini') return scanned
  const place = scanned.values.get('model')
  const written = place ? JSON.stringify(model) : `${scanned.empty ? '' : ','}"model":${JSON.stringify(model)}`
  const [start, end] = place ? [place.start, place.end] : [scanned.closingBrace, scanned.closingBrace]
  const bytes = splice(body, start, end, written)
  call.body = { kind: 'whole', bytes }
  const before = named ? name : call.route!.model
  if (before !== model)
    call.changes.push({
      what: before === null ? `model "${model}" added` : `model "${before}" → "${model}"`,
      why: `route ${name}`,
    })
  return { ...scanned, closingBrace: scanned.closingBrace + bytes.length - body.length, empty: false }
}

const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']

function setCredential(call: LiveCall, { provider }: RouteTarget, credential: RouteCredential | null): void {
  const { ownProvider } = call.route!
  addHeaders(call, provider.headers, provider.name)
  if (ownProvider === provider.name && credential === null) return
  if (call.caller.trusted) addHeaders(call, provider.secretHeaders, provider.name)
  if (ownProvider !== null) {
    call.dropHeaders.push(...CREDENTIAL_HEADERS)
    call.upstream!.path = withoutKeys(call.upstream!.path)
    call.changes.push({
      what: 'the client’s own credential taken out',
      why: `it is for ${ownProvider}, not for ${provider.name}`,
    })
  }
  if (credential === null) return
  const { header, prefix } = provider.credential
  call.dropHeaders.push(...CREDENTIAL_HEADERS)
  call.setHeaders.push([header, prefix + credential.key])
  call.changes.push({
    what: `${provider.name}'s credential ${credential.name} put in place of the Weir key`,
    why: `route ${call.route!.name}, for a valid Weir key`,
  })
}

const withoutKeys = (path: string) =>
  path
    .replace(/([?&])(?:key|api-key|api_key)=[^&#]*/gi, '$1')
    .replace(/([?&])&+/g, '$1')
    .replace(/[?&]$/, '')

function addHeaders(call: LiveCall, headers: Readonly<Record<string, string>>, provider: string): void {
  const names = Object.keys(headers)
  if (names.length === 0) return
  for (const name of names) call.setHeaders.push([name, headers[name]!])
  call.changes.push({ what: `headers set: ${names.join(', ')}`, why: `providers.${provider}.headers` })
}

/** How a stream opens, or what a quality rule is to judge, must be readable. */
function askForPlainText(call: LiveCall): void {
  const wish = headerOf(call.incoming.rawHeaders, 'accept-encoding')
  if (wish === null || wish === 'identity' || call.injected !== null) return
  call.setHeaders.push(['accept-encoding', 'identity'])
  const { common, name } = call.route!
  const change = {
    what: 'accept-encoding: identity asked for',
    why:
      call.stream === true
        ? `route ${name}: a stream that opens with an error goes on to the next target`
        : `route ${name}: its quality rules must be able to read the answer`,
  }
  if (call.changes.some(({ what }) => what === change.what)) return
  call.changes.push(change)
  // It stands on the call even if a later try answers that has no need of it.
  common!.changes.push(change)
}

/** A body that flows by can be sent once, and cannot be changed. */
export function checkFlowing(call: LiveCall, { model, name }: RouteTarget): void {
  if (call.body.kind !== 'stream' || model === null || call.route!.family === 'gemini') return
  throw new WeirError(
    'bad_request',
    `This body flows through Weir (a file, or larger than ingress.bufferBytes), so the model in it cannot become ${model}. Give the route a target without a model instead of ${name}, or use the provider's own address.`,
  )
}
