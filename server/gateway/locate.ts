/** Where a request goes at a provider: dialect and operation by its path, then origin and path as they stand on the wire. */
import { WeirError } from '../errors.ts'
import type { Base, Provider } from '../providers/provider.ts'
import type { LiveCall, Target } from './live.ts'

export const isWebSocket = (call: LiveCall) => call.incoming.headers.upgrade?.toLowerCase() === 'websocket'

export function setOperation(call: LiveCall, provider: Provider, rest: string): void {
  const path = rest.split('?', 1)[0]!
  // A handshake is a GET; what is spoken over it is what a POST would say.
  const method = isWebSocket(call) ? 'POST' : call.incoming.method!
  const recognised = provider.recognise(method, path)
  if (!recognised) return
  call.dialect = recognised.dialect
  call.operation = recognised.operation
  call.model ??= recognised.model
  if (recognised.operation.streamInPath) call.stream = recognised.operation.streamInPath(rest)
}

/** Where the bytes go: origin, and base path + path exactly as the client wrote it. */
export function locate(call: LiveCall, provider: Provider, rest: string): Pick<Target, 'origin' | 'host' | 'path'> {
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
