/**
 * What a placed call leaves behind so that later calls find it. Kinds:
 * `answered` the conversation with the call's answer (one for each choice) · `asked` without it · `failed` without it, and there was no
 * whole answer · `response` the provider's id of the answer · `summary` a line of a summary that may take the history's place ·
 * `trace` the trace it was a part of · `wanted` an answer that its history holds and that nobody has seen yet.
 */
import type { HeadRow } from '../../db/tables.ts'

export type Head = HeadRow
export type HeadKind = 'answered' | 'asked' | 'failed' | 'response' | 'summary' | 'trace' | 'wanted'

/** Kinds that are looked for by themselves have hashes of their own, so that one question never finds the other's rows. */
const PREFIX: Record<HeadKind, string> = {
  answered: '',
  asked: '',
  failed: 'f',
  response: 'r',
  summary: 's',
  trace: 't',
  wanted: 'w',
}
export const keyOf = (kind: HeadKind, hash: string): string => PREFIX[kind] + hash

/** Of one call and kind. */
export const MOST: Record<HeadKind, number> = {
  answered: 4,
  asked: 1,
  failed: 1,
  response: 1,
  summary: 4,
  trace: 1,
  wanted: 6,
}

/** `asked` and `failed` are one: a call that was taken for failed may turn out to be whole. */
const LETTER: Record<HeadKind, string> = { ...PREFIX, answered: 'b', asked: 'a', failed: 'a' }
export const pkOf = (callId: string, kind: HeadKind, n: number): string => `${callId}:${LETTER[kind]}${n}`

/** All rows that a call can have. */
export const pksOf = (callId: string): string[] =>
  (Object.keys(MOST) as HeadKind[]).flatMap((kind) =>
    kind === 'failed' ? [] : Array.from({ length: MOST[kind] }, (_, n) => pkOf(callId, kind, n)),
  )
