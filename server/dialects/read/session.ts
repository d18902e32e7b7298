/** Ids in a request's body that bind it to a conversation, the surest first. */
import { asName, asObject, isObject, type Json } from './json.ts'

type Session = { id: string; source: string }

/** Names that applications give the conversation's id in `metadata` and `client_metadata`. */
const NAMES = ['session_id', 'sessionId', 'thread_id', 'threadId', 'conversation_id', 'conversationId', 'chat_id']

export function bodySession(body: Json): Session | null {
  return (
    claudeCode(body.metadata) ??
    named(body, 'session_id', 'session_id') ??
    fromMap(body.metadata, 'metadata') ??
    fromMap(body.client_metadata, 'client_metadata') ??
    conversation(body.conversation) ??
    named(body, 'prompt_cache_key', 'prompt_cache_key')
  )
}

/** Claude Code puts JSON into `metadata.user_id`; older versions put `user_…_account_…_session_UUID`. */
export function claudeCode(metadata: unknown): Session | null {
  const userId = asName(asObject(metadata).user_id)
  if (userId === null) return null
  const id = asName(asObject(parse(userId)).session_id) ?? /_session_([0-9a-f-]{36})$/.exec(userId)?.[1]
  return id ? { id, source: 'metadata.user_id' } : null
}

/** The person behind Claude Code's packed `user_id`: the account, else the device; any other `user_id` as it is. */
export function claudeUser(userId: string): string {
  const packed = asObject(parse(userId))
  return asName(packed.account_uuid) ?? asName(packed.device_id) ?? userId.replace(/_session_[0-9a-f-]{36}$/, '')
}

const named = (object: Json, name: string, source: string): Session | null => {
  const id = asName(object[name])
  return id === null ? null : { id, source }
}

function fromMap(map: unknown, where: string): Session | null {
  if (!isObject(map)) return null
  for (const name of NAMES) {
    const session = named(map, name, `${where}.${name}`)
    if (session) return session
  }
  return null
}

/** Responses: an id, or an object with one. */
function conversation(value: unknown): Session | null {
  const id = asName(value) ?? asName(asObject(value).id)
  return id === null ? null : { id, source: 'conversation' }
}

function parse(text: string): unknown {
  if (!text.startsWith('{')) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
