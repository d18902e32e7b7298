/** The session of a call that takes a route: from headers and base URL, else from the small fields of the body that name one. */
import { bodySession } from '../dialects/read/session.ts'
import type { LiveCall } from './live.ts'
import { type TopLevel, valueAt } from './scan.ts'

/** Top-level members that may name a session. */
export const SESSION_MEMBERS = [
  'metadata',
  'client_metadata',
  'conversation',
  'session_id',
  'prompt_cache_key',
] as const
/** Larger ones are no names. */
const LONGEST = 8 * 1024

/** null: it has none. Keys and credentials do not count: all calls of an application would end at one target. */
export function sessionOf(call: LiveCall, scanned: TopLevel | null): string | null {
  if (call.caller.session) return call.caller.session.id
  if (!scanned || call.body.kind !== 'whole') return null
  const { bytes } = call.body
  const found: Record<string, unknown> = {}
  for (const name of SESSION_MEMBERS) {
    const place = scanned.values.get(name)
    if (place && place.end - place.start <= LONGEST) found[name] = valueAt(bytes, place)
  }
  return bodySession(found as Parameters<typeof bodySession>[0])?.id ?? null
}
