/**
 * A Weir with one route, `fast`, over fake providers a, b and c, each with a credential of Weir's. A file opens one house; each test
 * sets it up anew: with models of its own, so that what targets have taught before does not count.
 */
import { type Answer, chatAnswer, type FakeProvider, json, startProvider } from '../support/provider.ts'
import { startWeir, type TestWeir } from '../support/weir.ts'
import type { RoutingOptions } from '../../server/policy/routing.ts'

export const TOKEN = 'wa_routes_test_token_of_admin'
const NAMES = ['a', 'b', 'c'] as const

export interface Setup {
  /** How each target answers; there are as many targets as answers. */
  answers: Answer[]
  /** What the route says beside its targets. */
  route?: Record<string, unknown>
  /** What each target says beside its name. */
  targets?: Record<string, unknown>[]
  config?: Record<string, unknown>
  providers?: Record<string, Record<string, unknown>>
}

export interface House {
  weir: TestWeir
  fakes: FakeProvider[]
  setUp(setup: Setup): void
  /** The model of a target, as it stands now: `model-a-3`. */
  model(name: 'a' | 'b' | 'c'): string
  ask(
    body?: Record<string, unknown>,
    init?: { headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>
  close(): Promise<void>
}

export async function openHouse(routing: RoutingOptions = {}): Promise<House> {
  const fakes = await Promise.all(NAMES.map(() => startProvider()))
  const base = { adminToken: TOKEN }
  // Without dice no back-off takes time.
  const weir = await startWeir({ config: base, routing: { random: () => 0, ...routing } })
  let run = 0
  const model = (name: string) => `model-${name}-${run}`
  return {
    weir,
    fakes,
    model,
    setUp({ answers, route = {}, targets = [], config = {}, providers = {} }) {
      run++
      for (const { requests } of fakes) requests.length = 0
      const names = NAMES.slice(0, answers.length)
      const settings = names.map((name, i) => {
        fakes[i]!.answer(answers[i]!)
        return [name, { baseUrl: fakes[i]!.url, apiKey: `sk-weir-${name}-0123456789`, ...providers[name] }]
      })
      weir.configure({
        ...base,
        providers: Object.fromEntries(settings),
        routes: {
          fast: { targets: names.map((name, i) => ({ target: `${name}/${model(name)}`, ...targets[i] })), ...route },
        },
        ...config,
      })
    },
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
