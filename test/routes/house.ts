/** A Weir with one route over two or three fake providers, each with a credential of Weir's, and a way to ask. */
import { chatAnswer, type FakeProvider, json, startProvider, type Answer } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import type { RoutingOptions } from '../../server/policy/routing.ts'

export const TOKEN = 'wa_routes_test_token_of_admin'

export interface House {
  weir: TestWeir
  /** a, b, c … in the order of the route's targets. */
  fakes: FakeProvider[]
  ask(body?: Record<string, unknown>, init?: { headers?: Record<string, string>; signal?: AbortSignal }): Promise<Response>
  close(): Promise<void>
}

export interface HouseOptions {
  /** How each target answers. */
  answers: Answer[]
  /** What the route says beside its targets. */
  route?: Record<string, unknown>
  config?: Record<string, unknown>
  providers?: Record<string, Record<string, unknown>>
  routing?: RoutingOptions
}

export const names = ['a', 'b', 'c'] as const

export async function openHouse({ answers, route = {}, config = {}, providers = {}, routing }: HouseOptions): Promise<House> {
  const fakes = await Promise.all(answers.map((answer) => startProvider(answer)))
  const named = Object.fromEntries(
    fakes.map(({ url }, i) => [names[i]!, { baseUrl: url, apiKey: `sk-weir-${names[i]}-0123456789`, ...providers[names[i]!] }]),
  )
  const weir = await startWeir({
    config: {
      adminToken: TOKEN,
      providers: named,
      routes: { fast: { targets: fakes.map((_, i) => `${names[i]}/model-${names[i]}`), ...route } },
      ...config,
    },
    // No back-off waits for anything but what a test says.
    routing: { random: () => 0, ...routing },
  })
  return {
    weir,
    fakes,
    ask: (body = {}, { headers = {}, signal } = {}) =>
      fetch(`${weir.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
        body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'hi' }], ...body }),
        signal: signal ?? null,
      }),
    close: async () => {
      await weir.close()
      await Promise.all(fakes.map((fake) => fake.close()))
    },
  }
}

export const ok = (text = 'Hello there.') => json(chatAnswer(text))
export const fails = (status: number, headers: Record<string, string> = {}) =>
  json({ error: { message: `no ${status}`, type: 'server_error', code: null } }, { status, headers })
export const callId = (response: Response) => response.headers.get('x-weir-call-id')!
