/** A Weir with the cache on, before a provider that tells by its answers how often it was asked. */
import type { FakeProvider } from '../support/provider.ts'
import { chatAnswer, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

export interface Got {
  status: number
  headers: Headers
  bytes: Buffer
  id: string
  /** `x-weir-cache`. */
  cache: string | null
}

export interface CacheHouse {
  weir: TestWeir
  provider: FakeProvider
  /** A chat completion, by default always the same. */
  ask(options?: AskOptions): Promise<Got>
  /** The same, and until the recorder has said whether it is whole. */
  askAndStore(options?: AskOptions): Promise<Got>
  close(): Promise<void>
}

export interface AskOptions {
  body?: unknown
  headers?: Record<string, string>
  key?: string
  path?: string
  signal?: AbortSignal
}

export const QUESTION = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Good day?' }] }
export const STREAMED = { ...QUESTION, stream: true, stream_options: { include_usage: true } }

/** Every answer says its number. */
export const numbered = () => {
  let n = 0
  const answer: Parameters<FakeProvider['answer']>[0] = (...request) => json(chatAnswer(`Answer ${++n}`))(...request)
  return answer
}

export async function openCacheHouse(
  cache: Record<string, unknown> = {},
  {
    config = {},
    dataDir,
    provider: given,
  }: { config?: Record<string, unknown>; dataDir?: string; provider?: FakeProvider } = {},
): Promise<CacheHouse> {
  const provider = given ?? (await startProvider(numbered()))
  const weir = await startWeir({
    providers: { openai: provider },
    config: { ...config, cache: { mode: 'on', ...cache } },
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  await weir.ready
  const ask: CacheHouse['ask'] = async ({ body = QUESTION, headers = {}, key = 'sk-test-1', path, signal } = {}) => {
    const answer = await fetch(`${weir.url}${path ?? '/openai/v1/chat/completions'}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      signal: signal ?? null,
    })
    const { status } = answer
    const id = answer.headers.get('x-weir-call-id')!
    const bytes = Buffer.from(await answer.arrayBuffer())
    return { status, headers: answer.headers, bytes, id, cache: answer.headers.get('x-weir-cache') }
  }
  return {
    weir,
    provider,
    ask,
    async askAndStore(options) {
      const got = await ask(options)
      await weir.recorded(got.id)
      return got
    },
    async close() {
      await weir.close()
      if (!given) await provider.close()
    },
  }
}
