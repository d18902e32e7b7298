/** Which program called: its own name where it gives one, else what its HTTP client says of itself. */

/** Programs that people ask for by another name than they write into their headers. */
const KNOWN: readonly [RegExp, string][] = [
  [/^claude-cli\b/i, 'claude-code'],
  [/^codex/i, 'codex'],
  [/^opencode\b/i, 'opencode'],
  [/^GeminiCLI\b/i, 'gemini-cli'],
  [/^cursor\b/i, 'cursor'],
  [/^Mozilla\//, 'browser'],
]

/** All that is read here. */
export const APP_HEADERS = ['user-agent', 'originator', 'x-title', 'x-openrouter-title', 'x-stainless-lang', 'x-app']

/** `headers`: lower-case names. Without a version, so that calls of one program group. */
export function appOf(headers: ReadonlyMap<string, string>): string | null {
  const agent = headers.get('user-agent')
  const originator = headers.get('originator')
  const known = KNOWN.find(([pattern]) => pattern.test(originator ?? '') || pattern.test(agent ?? ''))?.[1]
  // OpenRouter's headers are made for the name of the application, so they say more than the library below it.
  const title = headers.get('x-title') ?? headers.get('x-openrouter-title')
  if (known && known !== 'browser') return known
  return title ?? originator ?? nameOf(agent) ?? known ?? stainless(headers) ?? named(headers.get('x-app'))
}

/** `OpenAI/JS 7.57.0` → `openai-js` · `Anthropic/Python 1.2` → `anthropic-python` · `ai-sdk/openai/4.0.1` → `ai-sdk` · `curl/8.5.0` → `curl` */
function nameOf(agent: string | undefined): string | null {
  if (!agent || agent.startsWith('Mozilla/')) return null
  const sdk = /^(\w*OpenAI|Anthropic|Groq|Cerebras|Together)\/(JS|Python|Go|Java|Ruby|\.NET)\b/i.exec(agent)
  if (sdk) return `${sdk[1]!.replace(/^Async/i, '')}-${sdk[2]}`.toLowerCase()
  return named(/^[^\s/(;,]+/.exec(agent)?.[0])
}

const stainless = (headers: ReadonlyMap<string, string>): string | null => named(headers.get('x-stainless-lang'))

const named = (name: string | undefined): string | null => (name ? name.slice(0, 64).toLowerCase() : null)
