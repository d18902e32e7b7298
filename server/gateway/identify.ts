/**
 * What is asked of whom: provider, dialect and operation from the path; model and stream flag from one scan of the body's top
 * level. Under `/v1` the model picks the provider, and its prefix is taken out by splicing: the rest of the body stays as it was.
 */
import { dialectByName } from '../dialects/registry.ts'
import { WeirError } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import { BINDING_MEMBERS } from './binding.ts'
import { askForUsage } from './inject-usage.ts'
import type { LiveCall } from './live.ts'
import { isWebSocket, locate, setOperation } from './locate.ts'
import { isModelList } from './models.ts'
import { aim, checkFlowing } from './prepare.ts'
import { askedRoute, takeRoute } from './route.ts'
import { SESSION_MEMBERS } from './route-session.ts'
import { scanTopLevel, type Scanned, splice, stringAt, type TopLevel } from './scan.ts'
import { isEncoded } from './unpack.ts'

/** What the dialects call the most tokens that an answer may have. */
const MOST_OUTPUT = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const
const WANTED: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options', ...MOST_OUTPUT])
/** What routes want to know besides; where none is configured it is not looked for. */
const WANTED_BY_ROUTES: ReadonlySet<string> = new Set([...WANTED, 'tools', ...SESSION_MEMBERS, ...BINDING_MEMBERS])

export function identify(call: LiveCall, gateway: Gateway): void {
  const viaV1 = call.address!.provider === null
  if (viaV1 && isModelList(call)) return describeModelList(call)
  const wanted = call.rules.routes ? WANTED_BY_ROUTES : WANTED
  const scanned = call.body.kind === 'whole' && !isEncoded(call) ? scanTopLevel(call.body.bytes, wanted) : null
  if (scanned) readTopLevel(call, scanned)
  if (call.rules.routes && identifyRoute(call, scanned, gateway)) return
  let rest = call.address!.rest
  if (viaV1) {
    const { provider, model } = pickProvider(call)
    call.provider = provider
    rest = pathUnderV1(provider, rest)
    if (model !== null) removePrefix(call, scanned!, model)
  }
  const provider = call.provider!
  setOperation(call, provider, rest)
  call.billing ??= provider.billing
  call.upstream = { provider, name: provider.name, ...locate(call, provider, rest) }
  if (!gateway.refusesUsage.has(call.upstream.origin)) askForUsage(call, scanned, viaV1)
}

/** False: this call takes no route. */
function identifyRoute(call: LiveCall, scanned: TopLevel | null, gateway: Gateway): boolean {
  const route = isWebSocket(call) ? null : askedRoute(call)
  if (!route) return false
  if (call.address!.provider !== null) call.model ??= modelInPath(call)
  call.route = takeRoute(call, route, scanned, gateway)
  const [target] = call.route.targets
  checkFlowing(call, target!)
  aim(call, target!)
  return true
}

const modelInPath = (call: LiveCall): string | null =>
  call.provider!.recognise(call.incoming.method!, call.address!.rest.split('?', 1)[0]!)?.model ?? null

function describeModelList(call: LiveCall): void {
  call.dialect = dialectByName('openai-other')
  call.operation = { name: 'models', path: /\/models$/, methods: ['GET', 'HEAD'], auxiliary: true }
}

function readTopLevel(call: LiveCall, { values }: TopLevel): void {
  if (call.body.kind !== 'whole') return
  call.model = stringAt(call.body.bytes, values.get('model'))
  const stream: Scanned | undefined = values.get('stream')
  if (stream?.type === 'boolean') call.stream = call.body.bytes[stream.start] === 0x74
  for (const name of MOST_OUTPUT) {
    const most = values.get(name)
    if (most?.type === 'number') call.maxOutput = Number(call.body.bytes.toString('latin1', most.start, most.end))
  }
}

/** Which provider a call to Weir's own `/v1` means, and the model without its prefix (null: nothing to take out). */
function pickProvider(call: LiveCall): { provider: Provider; model: string | null } {
  const { providers } = call.rules
  if (/^\/messages(?:[/?]|$)/.test(call.address!.rest)) {
    const provider = providers.find('anthropic')!
    return { provider, model: call.model?.startsWith('anthropic/') ? call.model.slice(10) : null }
  }
  const cut = call.model?.indexOf('/') ?? -1
  if (cut > 0) {
    const provider = providers.find(call.model!.slice(0, cut))
    if (provider && provider.openaiBase !== null) return { provider, model: call.model!.slice(cut + 1) }
  }
  const wish = headerOf(call.incoming.rawHeaders, 'x-weir-route')
  if (wish !== null) return { provider: providerNamed(call, wish), model: null }
  const [only, another] = providers.openaiConfigured()
  if (only && !another) return { provider: only, model: null }
  throw new WeirError('model_required', whyNoProvider(call))
}

/** A provider's name is the simplest of routes. */
function providerNamed(call: LiveCall, name: string): Provider {
  const provider = call.rules.providers.find(name)
  if (provider && provider.openaiBase !== null) return provider
  throw new WeirError(
    'model_required',
    `x-weir-route names "${name}", which is no route, and no provider that speaks OpenAI. Configured are: ${
      call.rules.providers
        .openaiConfigured()
        .map((each) => each.name)
        .join(', ') || 'none'
    }.`,
  )
}

function whyNoProvider(call: LiveCall): string {
  const configured = call.rules.providers.openaiConfigured().map((provider) => provider.name)
  const choose =
    configured.length > 1
      ? `More than one provider is configured (${configured.join(', ')}), so the call must say which`
      : 'The call does not say which provider it means'
  return call.model === null
    ? `${choose}: send a JSON body with a model such as "openai/gpt-5-mini", or use the provider's own address (/openai/v1/…).`
    : `${choose}: write the model as "openai/${call.model.replace(/^.*\//, '')}", with the provider before it, or use the provider's own address (/openai/v1/…).`
}

const pathUnderV1 = (provider: Provider, rest: string) =>
  /^\/messages(?:[/?]|$)/.test(rest) && provider.name === 'anthropic'
    ? `/v1${rest}`
    : `${provider.openaiBase ?? '/v1'}${rest}`

function removePrefix(call: LiveCall, scanned: TopLevel, model: string): void {
  const place = scanned.values.get('model')!
  if (call.body.kind !== 'whole') return
  const before = call.body.bytes.length
  const written = JSON.stringify(model)
  call.body = { kind: 'whole', bytes: splice(call.body.bytes, place.start, place.end, written) }
  shift(scanned, place, call.body.bytes.length - before)
  call.changes.push({ what: `model "${call.model}" → "${model}"`, why: '/v1: the prefix names the provider' })
  call.model = model
}

/** After a splice, the places behind it have moved. */
function shift(scanned: TopLevel, place: Scanned, by: number): void {
  for (const other of scanned.values.values()) {
    if (other.start <= place.start) continue
    other.start += by
    other.end += by
  }
  place.end += by
  scanned.closingBrace += by
}
