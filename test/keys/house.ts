/** What the tests of keys share: a Weir before a fake provider, and how a person makes keys. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'

export const PROVIDER_KEY = 'sk-weirs-own-credential-0123456789'

export interface KeyHouse {
  weir: TestWeir
  provider: FakeProvider
  /** Asks the API; `path` below /api/keys. */
  send(method: string, path: string, body?: unknown): Promise<{ status: number; json: any }>
  /** Makes a key and answers its secret. */
  make(name: string, input?: object): Promise<string>
  chat(secret: string, more?: { headers?: Record<string, string>; model?: string; path?: string }): Promise<Response>
  close(): Promise<void>
}

export async function openKeyHouse(config: Record<string, unknown> = {}, dataDir?: string): Promise<KeyHouse> {
  const provider = await startProvider(json(chatAnswer()))
  const weir = await startWeir({
    providers: { openai: provider, anthropic: provider },
    config: { providers: { openai: { apiKey: PROVIDER_KEY } }, ...config },
    ...(dataDir ? { dataDir } : {}),
  })
  const send: KeyHouse['send'] = async (method, path, body) => {
    const answer = await fetch(`${weir.url}/api/keys${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    return { status: answer.status, json: await answer.json() }
  }
  return {
    weir,
    provider,
    send,
    make: async (name, input = {}) => {
      const { status, json: made } = await send('POST', '', { name, ...input })
      if (status !== 201) throw new Error(`${status}: ${JSON.stringify(made)}`)
      return made.secret
    },
    chat: (secret, { headers = {}, model = 'gpt-5-mini', path = '/openai/v1/chat/completions' } = {}) =>
      fetch(weir.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
      }),
    close: async () => {
      await weir.close()
      await provider.close()
    },
  }
}

export const idOf = (answer: Response): string => answer.headers.get('x-weir-call-id')!

export const refusal = async (answer: Response): Promise<[number, string | null, string]> => [
  answer.status,
  answer.headers.get('x-weir-error'),
  ((await answer.json()) as { error: { message: string } }).error.message,
]

/** Files of a folder that hold this text. Only for a folder that nobody has open: reading lock files would free them. */
export const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text))
