/** A 404 from a doubled or missing `/v1` is the most common slip with a base URL: says what would have worked. */
import type { LiveCall } from './live.ts'

/** The base URL that was probably meant, as a path from Weir's root; null when the address looks right. */
export function hintFor(call: LiveCall): string | null {
  const provider = call.provider
  const rest = call.address?.rest.split('?', 1)[0] ?? ''
  if (!provider || call.address?.provider === null) return null
  const version = versionOf(provider.dialects[0]?.name ?? '', provider.openaiBase)
  if (version === '') return null
  const root = `/${provider.name}`
  if (rest.startsWith(`${version}/v1/`) || rest.startsWith(`${version}${version}/`)) return `The version stands twice in the path: the base URL is ${root}${clientAddsVersion(call) ? '' : version}`
  if (!rest.startsWith(version)) return `The path has no ${version}: the base URL is ${root}${version}`
  return null
}

const versionOf = (dialect: string, openaiBase: string | null): string =>
  dialect === 'anthropic-messages' ? '/v1' : dialect === 'gemini' ? '' : (openaiBase ?? '')

/** Anthropic's SDKs add `/v1` themselves; OpenAI's want it in the base URL. */
const clientAddsVersion = (call: LiveCall) => call.provider?.dialects[0]?.name === 'anthropic-messages'
