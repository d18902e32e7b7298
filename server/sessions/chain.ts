/**
 * A conversation as a chain of hashes: hᵢ = H(hᵢ₋₁, unitᵢ). Whoever sends a history has all hashes of its beginnings, and the
 * longest of them that is known says where it goes on from. The chain starts from an HMAC under this data folder's key, so no
 * hash tells anything to somebody who guesses; what is stored is half of each, and the next one needs the whole.
 */
import { createHmac, hash } from 'node:crypto'
import type { Answer, Message, RequestFacts, ToolDefinition } from '../dialects/dialect.ts'
import { isModel, isSystem, saidBy, toUnits, type Unit } from './canonical.ts'

/** Characters of base64url: 126 bits. */
const STORED = 21
/** Of several choices, as many can be gone on from. */
const CHOICES = 4

export interface Point {
  hash: string
  /** Messages of the request that it covers, system prompts among them. */
  depth: number
  /** After the model spoke: an answer may end here. */
  spoken: boolean
}

export interface Chain {
  /** One a unit, the shortest beginning first. The last one covers the whole request. */
  points: Point[]
  /** After the answer, one for each choice; none where there was no answer. */
  answered: string[]
}

export interface Hasher {
  chain(start: string, request: RequestFacts, answer: Answer | null): Chain
  /** The start of a chain; equal histories of different scopes have nothing in common. */
  start(scope: string): string
  /** Any other thing that is looked for by its hash. */
  name(...parts: string[]): string
  system(messages: readonly Message[]): string | null
  tools(tools: readonly ToolDefinition[]): string | null
}

export const createHasher = (key: Uint8Array): Hasher => {
  const secret = createHmac('sha256', key).update('sessions').digest('base64url')
  const name = (...parts: string[]) => short(digest(secret, parts.join('\u0000')))

  return {
    start: (scope) => digest(secret, `scope\u0000${scope}`),
    name,
    chain: (start, request, answer) => {
      const units = toUnits(request.messages)
      const points: Point[] = []
      let state = start
      let before = start
      for (const unit of units) {
        before = state
        state = next(state, unit)
        points.push({ hash: short(state), depth: unit.depth, spoken: unit.speaker === 'a' })
      }
      return { points, answered: answeredBy(units, before, state, answer) }
    },
    system: (messages) => {
      let text = ''
      for (const message of messages) {
        if (!isSystem(message)) break
        for (const part of message.parts) if (part.type === 'text') text += part.text
      }
      return text === '' ? null : name('system', text)
    },
    tools: (tools) => {
      let text = ''
      for (const tool of tools) text += `${tool.name}\u0002${tool.description ?? ''}\u0001`
      return text === '' ? null : name('tools', text)
    },
  }
}

/** A request that ends with words of the model (a prefill) is gone on from in the same breath. */
function answeredBy(units: readonly Unit[], before: string, state: string, answer: Answer | null): string[] {
  const last = units.at(-1)
  const begun = last?.speaker === 'a' ? last.text : null
  const hashes: string[] = []
  for (const message of answer?.messages ?? []) {
    const said = isModel(message) ? saidBy(message.parts) : ''
    if (said === '' || hashes.length === CHOICES) continue
    const unit: Unit = { speaker: 'a', text: (begun ?? '') + said, depth: 0 }
    hashes.push(short(next(begun === null ? state : before, unit)))
  }
  return hashes
}

const next = (state: string, { speaker, text }: Unit): string => digest(state, speaker + text)
const digest = (state: string, text: string): string => hash('sha256', state + text, 'base64url')
const short = (whole: string): string => whole.slice(0, STORED)
