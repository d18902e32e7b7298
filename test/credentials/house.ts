/** What the tests of stored credentials share: a Weir whose weir.yaml holds no credential, and a Weir key to call with. */
import { randomUUID } from 'node:crypto'
import type { TestWeir } from '../support/weir.ts'
import { type KeyHouse, openKeyHouse } from '../keys/house.ts'

export const SECRET = 'sk-planted-canary-Qm7vT2xK9rLw4b8Z'

export interface CredentialHouse extends KeyHouse {
  /** Asks the API; `path` below /api/credentials. */
  credentials(method: string, path?: string, body?: unknown): Promise<{ status: number; json: any; text: string }>
  /** Stores one, and answers its item. */
  add(name: string, more?: object): Promise<any>
  /** The secret of a Weir key that may do everything. */
  key: string
  keyName: string
  /** With what the provider was last asked. */
  shown(): string | undefined
}

export async function openCredentialHouse(
  config: Record<string, unknown> = {},
  dataDir?: string,
): Promise<CredentialHouse> {
  const house = await openKeyHouse({ providers: { openai: {} }, ...config }, dataDir)
  // A first start makes the database; on a loaded machine that takes longer than a change waits for it.
  await house.weir.ready
  // Two houses may share a database, and a name is given once.
  const keyName = `key-${randomUUID()}`
  const key = await house.make(keyName)
  const credentials = createAsk(house.weir)
  return {
    ...house,
    key,
    keyName,
    credentials,
    add: async (name, more = {}) => {
      const { status, json } = await credentials('POST', '', { provider: 'openai', name, secret: SECRET, ...more })
      if (status !== 201) throw new Error(`${status}: ${JSON.stringify(json)}`)
      return json
    },
    shown: () => house.provider.last().headers.authorization,
  }
}

const createAsk =
  ({ url }: Pick<TestWeir, 'url'>): CredentialHouse['credentials'] =>
  async (method, path = '', body) => {
    const answer = await fetch(`${url}/api/credentials${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, json: JSON.parse(text), text }
  }
