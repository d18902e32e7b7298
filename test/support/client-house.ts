/**
 * The house that official clients are tried in: a provider that speaks their formats behind a real Weir. What a client did is
 * seen from three sides: the client itself, the requests that reached the provider, and the rows that Weir stored.
 */
import type { Call } from '../../server/call.ts'
import { type Answer, type FakeProvider, type SeenRequest, startProvider } from './provider.ts'
import { speaks } from './speaker.ts'
import { startWeir, type TestWeir } from './weir.ts'

export interface ClientHouse {
  weir: TestWeir
  provider: FakeProvider
  /** The base URL of a provider's native address, such as `/openai/v1`. */
  at(path: string): string
  /** Speaks again, forgets what was asked before. */
  reset(): Promise<void>
  answer(how: Answer): void
  /** Requests that reached the provider since `reset`. */
  asked(): SeenRequest[]
  /** The one row of this test: fails when there are others. */
  row(): Promise<Call>
  /** All rows of calls that have ended since `reset`; waits for at least so many. */
  rows(least?: number): Promise<Call[]>
  /** The stored bytes of a body. */
  body(call: Call, kind: 'request' | 'response'): Promise<Buffer>
  close(): Promise<void>
}

export async function openClientHouse(names: string[], config: Record<string, unknown> = {}): Promise<ClientHouse> {
  const provider = await startProvider(speaks)
  const weir = await startWeir({ providers: Object.fromEntries(names.map((name) => [name, provider])), config })
  await weir.ready
  let from = 0
  /** Rows are stored in the order in which calls end: when this refused call is there, all before it are. */
  const storeAll = async () => {
    const refused = await fetch(`${weir.url}/nobody/here`, { method: 'POST' })
    const mark = await weir.recorded(refused.headers.get('x-weir-call-id')!)
    return weir.calls.indexOf(mark)
  }
  const rows = async (least = 1) => {
    await weir.recordedCount(from + least)
    const end = await storeAll()
    return weir.calls.slice(from, end)
  }
  return {
    weir,
    provider,
    at: (path) => `${weir.url}${path}`,
    async reset() {
      provider.answer(speaks)
      provider.requests.length = 0
      from = (await storeAll()) + 1
    },
    answer: provider.answer,
    asked: () => provider.requests,
    async row() {
      const [row, ...others] = await rows()
      if (others.length > 0)
        throw new Error(
          `${others.length} calls more than one: ${others.map(({ path, status }) => `${path} ${status}`).join(', ')}`,
        )
      return row!
    },
    rows,
    body: async (call, kind) =>
      Buffer.from(await (await fetch(`${weir.url}/api/calls/${call.id}/${kind}`)).arrayBuffer()),
    async close() {
      await weir.close()
      await provider.close()
    },
  }
}

/** What `run` throws; it is an error of the test when it does not. */
export async function thrownBy<T>(run: () => Promise<T>): Promise<Error & Record<string, any>> {
  let value: T
  try {
    value = await run()
  } catch (error) {
    return error as Error & Record<string, any>
  }
  throw new Error(`nothing was thrown, but came back: ${JSON.stringify(value)}`)
}
