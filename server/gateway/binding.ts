/**
 * State belongs to an account: an answer to continue, a conversation, a file, an encrypted thought are known only to the target
 * and credential that made them. Such a call goes there and nowhere else; if that fails, its own error passes.
 */
import type { Place } from '../policy/routing.ts'
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import { stringAt, type TopLevel } from './scan.ts'

export interface Binding {
  /** What binds it, in words. */
  why: string
  /** The id that it refers to; null: it is none, or too deep in the body. */
  id: string | null
  /** Whom it is bound to; null: Weir does not know, so it is the session's place, or the first target. */
  place: Place | null
}

/** Top-level members that refer to something kept at the provider. */
export const BINDING_MEMBERS = ['previous_response_id', 'conversation', 'cachedContent', 'container'] as const

/** Deeper in the body: members whose names do not occur elsewhere (in a text their quotes would be escaped). */
const MARKS: readonly (readonly [what: string, marks: readonly string[]])[] = [
  ['a file id', ['"file_id"']],
  ['encrypted reasoning', ['"encrypted_content"']],
  ['a thinking signature', ['"signature"', '"thinking"']],
]

export function bindingOf(call: LiveCall, scanned: TopLevel | null, { routing }: Gateway): Binding | null {
  if (!scanned || call.body.kind !== 'whole') return null
  const { bytes } = call.body
  for (const name of BINDING_MEMBERS) {
    const place = scanned.values.get(name)
    if (!place || place.type === 'null') continue
    const id = stringAt(bytes, place)
    return { why: name, id, place: id === null ? null : (routing.pins.get(id) ?? null) }
  }
  const found = MARKS.find(([, marks]) => marks.every((mark) => bytes.includes(mark)))
  return found ? { why: found[0], id: null, place: null } : null
}
