/** A 404 from a doubled or missing `/v1` is the most common slip with a base URL: says what would have worked. */
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'

/** The base URL that was probably meant, as a path from Weir's root; null when the address looks right. */
export function hintFor(call: LiveCall): string | null {
  const { provider, address } = call
  if (!provider || !address || address.provider === null || provider.dialects[0]?.name === 'gemini') return null
  const rest = address.rest.split('?', 1)[0]!
  const version = provider.dialects[0]?.name === 'anthropic-messages' ? '/v1' : (provider.openaiBase ?? '')
  if (version === '') return null
  const base = `${call.rules.config.basePath}/${provider.name}`
  const once = rest.startsWith(`${version}/v1/`) ? version + rest.slice(version.length + 3) : null
  if (once !== null && isKnown(call, once))
    return `The version stands twice in the path: the base URL is ${base}${addsVersion(call) ? '' : version}`
  // Native paths (Ollama's /api/chat, Azure's deployments) have no version and need none: only what is known with one is a slip.
  const bare = rest.replace(/^\/v1(?=\/)/, '')
  if (!rest.startsWith(`${version}/`) && isKnown(call, version + bare))
    return `The path has no ${version}: the base URL is ${base}${version}`
  return null
}

/** A path that one of the provider's dialects reads, when it has its version. */
function isKnown(call: LiveCall, path: string): boolean {
  const found = call.provider!.recognise(call.incoming.method!, path)
  return found !== null && found.dialect.name !== 'generic'
}

/** Anthropic's SDKs add `/v1` themselves; OpenAI's want it in the base URL. */
const addsVersion = (call: LiveCall): boolean =>
  call.provider!.dialects[0]?.name === 'anthropic-messages' ||
  headerOf(call.incoming.rawHeaders, 'anthropic-version') !== null
