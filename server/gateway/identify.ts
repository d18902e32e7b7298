/**
 * What is asked of whom: provider, dialect and operation from the path; model and stream flag from one scan of the body's top
 * level. Under `/v1` the model picks the provider, and its prefix is taken out by splicing: the rest of the body stays as it was.
 */
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { dialectByName } from '../dialects/registry.ts'
import { WeirError } from '../errors.ts'
import type { Base, Provider } from '../providers/provider.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import { askForUsage } from './inject-usage.ts'
import type { LiveCall, Target } from './live.ts'
import { isModelList } from './models.ts'
import { scanTopLevel, type Scanned, splice, stringAt, type TopLevel } from './scan.ts'

const WANTED: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options'])

export function identify(call: LiveCall, gateway: Gateway): void {
  const viaV1 = call.address!.provider === null
  if (viaV1 && isModelList(call)) return describeModelList(call)
  const scanned = call.body.kind === 'whole' && !isEncoded(call) ? scanTopLevel(call.body.bytes, WANTED) : null
  if (scanned) readTopLevel(call, scanned)
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

function describeModelList(call: LiveCall): void {
  call.dialect = dialectByName('openai-other')
  call.operation = { name: 'models', path: /\/models$/, methods: ['GET', 'HEAD'], auxiliary: true }
}

const isEncoded = (call: LiveCall) => {
  if (call.dropHeaders.includes('content-encoding')) return false
  const encoding = headerOf(call.incoming.rawHeaders, 'content-encoding')
  return encoding !== null && encoding.toLowerCase() !== 'identity'
}

function readTopLevel(call: LiveCall, { values }: TopLevel): void {
  if (call.body.kind !== 'whole') return
  call.model = stringAt(call.body.bytes, values.get('model'))
  const stream: Scanned | undefined = values.get('stream')
  if (stream?.type === 'boolean') call.stream = call.body.bytes[stream.start] === 0x74
}

function setOperation(call: LiveCall, provider: Provider, rest: string): void {
  const path = rest.split('?', 1)[0]!
  // A handshake is a GET; what is spoken over it is what a POST would say.
  const method = call.incoming.headers.upgrade?.toLowerCase() === 'websocket' ? 'POST' : call.incoming.method!
  const recognised = provider.recognise(method, path)
  if (!recognised) return
  call.dialect = recognised.dialect
  call.operation = recognised.operation
  call.model ??= recognised.model
  if (recognised.operation.streamInPath) call.stream = recognised.operation.streamInPath(rest)
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

/** Routes of one's own come later; a provider's name is the simplest of them. */
function providerNamed(call: LiveCall, name: string): Provider {
  const provider = call.rules.providers.find(name)
  if (provider && provider.openaiBase !== null) return provider
  throw new WeirError(
    'model_required',
    `x-weir-route names "${name}", which is no provider that speaks OpenAI. Configured are: ${
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

/** Where the bytes go: origin, and base path + path exactly as the client wrote it. */
function locate(call: LiveCall, provider: Provider, rest: string): Pick<Target, 'origin' | 'host' | 'path'> {
  if (provider.baseUrl === '')
    throw new WeirError(
      'bad_request',
      `Weir does not know where ${provider.name} lives: set providers.${provider.name}.baseUrl in weir.yaml (for Azure https://RESOURCE.openai.azure.com).`,
    )
  const base = regional(provider, rest) ?? provider.base
  let path = base.path + call.caller.keyParameters.reduce(withoutKey, withoutRegion(provider, rest))
  if (!path.startsWith('/')) path = `/${path}`
  if (/[^\x21-\xff]/.test(path))
    throw new WeirError(
      'bad_target',
      'The path has a character that no HTTP request may carry (a control character, a space, or one above U+00FF). Percent-encode it.',
    )
  return { origin: base.origin, host: base.host, path }
}

/** Google and AWS have a host for each region; it is part of the path (and, at AWS, of the client's signature). */
function regional(provider: Provider, rest: string): Base | null {
  if (provider.configured && provider.baseUrl !== '') {
    const known =
      provider.baseUrl === 'https://aiplatform.googleapis.com' ||
      provider.baseUrl.startsWith('https://bedrock-runtime.')
    if (!known) return null
  }
  if (provider.name === 'vertex') {
    const location = /\/locations\/([a-z]+(?:-[a-z]+\d+)?)\//.exec(rest)?.[1]
    if (!location || location === 'global') return null
    return onHost(
      location.includes('-') ? `${location}-aiplatform.googleapis.com` : `aiplatform.${location}.rep.googleapis.com`,
    )
  }
  if (provider.name !== 'bedrock') return null
  const region = AWS_REGION.exec(rest)?.[1]
  return region ? onHost(`bedrock-runtime.${region}.amazonaws.com`) : null
}

const onHost = (host: string): Base => ({ origin: `https://${host}`, host, path: '' })

const AWS_REGION = /^\/([a-z]{2}(?:-[a-z]+)+-\d)(?=\/)/
const withoutRegion = (provider: Provider, rest: string) =>
  provider.name === 'bedrock' ? rest.replace(AWS_REGION, '') : rest

function withoutKey(path: string, parameter: string): string {
  const pattern = new RegExp(`([?&])${parameter}=[^&#]*(&|$)`, 'i')
  return path.replace(pattern, (_, lead: string, tail: string) => (tail === '&' ? lead : '')).replace(/\?$/, '')
}

/** Whether `unpackForModel` has something to do. */
export const isPacked = (call: LiveCall): boolean =>
  call.address!.provider === null && call.body.kind === 'whole' && isEncoded(call)

const DECODERS: Record<string, ((bytes: Buffer) => Promise<Buffer>) | undefined> = {
  gzip: bounded(gunzip),
  deflate: bounded(inflate),
  br: bounded(brotliDecompress),
  zstd: bounded(zstdDecompress),
}

function bounded(
  decode: (
    bytes: Buffer,
    options: { maxOutputLength: number },
    done: (error: Error | null, result: Buffer) => void,
  ) => void,
) {
  const run = promisify(decode)
  return (bytes: Buffer) => run(bytes, { maxOutputLength: 64 * 2 ** 20 })
}

/** Under `/v1` the model must be read, and may be rewritten: a compressed body is opened off the main thread and goes on plain. */
export async function unpackForModel(call: LiveCall): Promise<void> {
  if (call.body.kind !== 'whole') return
  const encoding = headerOf(call.incoming.rawHeaders, 'content-encoding')!.toLowerCase()
  const decode = DECODERS[encoding]
  if (!decode)
    throw new WeirError(
      'bad_request',
      `Weir cannot read a body with content-encoding "${encoding}", and under /v1 the model in it picks the provider. Use gzip, br, deflate, zstd, or the provider's own address.`,
    )
  try {
    call.body = { kind: 'whole', bytes: await decode(call.body.bytes) }
  } catch (cause) {
    throw new WeirError('bad_request', `The request body is not valid ${encoding}, as content-encoding says it is.`, {
      cause,
    })
  }
  call.dropHeaders.push('content-encoding')
  call.changes.push({ what: `request body decompressed (${encoding})`, why: '/v1: the model in it picks the provider' })
}
