/** Short conversations, call by call, through the recorder's own steps into a real database. */
import { v7 } from 'uuid'
import { index } from '../../server/recorder/record.ts'
import { createSteps } from '../../server/recorder/steps.ts'
import { createHasher } from '../../server/sessions/chain.ts'
import { createThreader } from '../../server/sessions/threader.ts'
import type { Call } from '../../server/call.ts'
import type { EndMeta, StartMeta } from '../../server/journal/entry.ts'
import type { Opened } from '../db/databases.ts'
import { attempt, end, recorderOptions, start } from '../recorder/calls.ts'
import { FORMATS, type Format } from './formats.ts'

export type Chat = Record<string, unknown>
export const system = (content: string): Chat => ({ role: 'system', content })
export const user = (content: string): Chat => ({ role: 'user', content })
export const model = (content: string): Chat => ({ role: 'assistant', content })

export interface Asked {
  messages: Chat[]
  /** null: an error. */
  answer: Chat | null
  start?: Partial<StartMeta>
  end?: Partial<EndMeta>
  /** Beside the messages. */
  body?: object
  id?: string
  cached?: number
}

/** `say` records one call as a batch of its own; `sayAll` several in one. */
export function createTalk({ store }: Opened, format: Format = FORMATS.chat!) {
  const steps = createSteps(recorderOptions('unused'))
  const threader = createThreader({ store: store.threads, hasher: createHasher(Buffer.alloc(32, 7)) })
  let clock = Date.UTC(2026, 10, 20, 9)

  const toJournaled = ({ messages, answer, start: begun = {}, end: ended = {}, body = {}, id, cached }: Asked) => {
    const startedAt = (clock += 1000)
    const callId = id ?? v7({ msecs: startedAt })
    const said = answer && (format.answer(answer, callId.slice(-12)) as { usage: object })
    const usage = said && {
      ...said.usage,
      prompt_tokens: 20_000,
      prompt_tokens_details: { cached_tokens: cached ?? 0 },
    }
    const answered =
      said === null
        ? { error: { message: 'Overloaded', type: 'overloaded' } }
        : cached === undefined
          ? said
          : { ...said, usage }
    return {
      callId,
      start: start({
        startedAt,
        provider: format.provider,
        dialect: format.dialect,
        operation: format.operation,
        credential: 'c1',
        ...begun,
      }),
      attempts: [attempt({ startedAt, ...(answer === null ? { status: 529 } : {}) })],
      request: [toPart('request', { ...(format.request(messages) as object), ...body })],
      response: [toPart('response', answered)],
      end: end({ ...(answer === null ? { outcome: 'error', status: 529 } : {}), ...ended }),
    }
  }

  const sayAll = async (asked: Asked[]): Promise<Call[]> => {
    const rows = asked.map((one) => steps.toRow(toJournaled(one), null))
    const sessions = await threader.place(rows.map(({ turn }) => turn))
    for (const { recorded, turn } of rows) index(recorded, turn)
    await store.record({ calls: rows.map(({ recorded }) => recorded), positions: [], open: [], sessions })
    return rows.map(({ recorded }) => recorded.call)
  }
  return { sayAll, say: async (asked: Asked): Promise<Call> => (await sayAll([asked]))[0]! }
}

const toPart = (direction: 'request' | 'response', body: unknown) => {
  const bytes = Buffer.from(JSON.stringify(body))
  return { direction, atMs: 1, length: bytes.length, bytes }
}
