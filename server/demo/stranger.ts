/** Someone points a real client at the demo, to try it: a friendly answer in their dialect that says what it is. */
import { randomBytes } from 'node:crypto'
import { tokensOf, type Api, type Json, type Turn } from './turn.ts'

const TEXT =
  'This answer is made up: Weir runs as a demo, and no provider was asked. Start it without `--demo`, and the same base URL reaches the real one.'

const PATHS: readonly [RegExp, Api][] = [
  [/\/chat\/completions$/, 'chat'],
  [/\/responses$/, 'responses'],
  [/\/embeddings$/, 'embeddings'],
  [/\/messages$/, 'messages'],
  [/\/models\/[^/:]+:(generateContent|streamGenerateContent)$/, 'gemini'],
]

/** null: nothing that the demo can answer. `url`: path and query, beginning with the provider's name. */
export function toStranger(method: string, url: string, body: string): Turn | null {
  const path = url.split('?', 1)[0]!
  const api = PATHS.find(([pattern]) => pattern.test(path))?.[1]
  if (!api || method !== 'POST') return null
  const asked = parse(body)
  return {
    id: randomBytes(8).toString('hex'),
    provider: path.split('/')[1] ?? '',
    api,
    model: String(asked.model ?? /\/models\/([^/:]+):/.exec(path)?.[1] ?? 'demo'),
    stream: asked.stream === true || path.endsWith(':streamGenerateContent'),
    headers: {},
    system: '',
    tools: [],
    settings: {},
    asksUsage: (asked.stream_options as Json | undefined)?.include_usage === true,
    // As many tokens as were sent, without reading what they say.
    messages: [{ role: 'user', text: ' '.repeat(tokensOf(body) * 4) }],
    inputs: api === 'embeddings' ? [asked.input ?? ''].flat().map(String) : [],
    reply: { text: TEXT, thinking: null, calls: [], cut: false, fault: null },
    cached: 0,
    route: null,
    stumble: null,
    slow: 1,
    leavesAfterMs: null,
    pauseMs: 0,
  }
}

function parse(body: string): Json {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Json) : {}
  } catch {
    return {}
  }
}
