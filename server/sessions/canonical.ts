/**
 * The canonical form of a conversation: what stays the same when a client sends back what it was answered. Clients send null for
 * absent content, one text for a list of parts, arguments with other spaces or key order; they drop reasoning, annotations and
 * cache marks, and what the provider's own tools did. So a conversation is a row of units: what a user or a tool said counts
 * part by part (a message may grow by a part), what the model said is one unit until somebody else speaks.
 * Works on messages alone: a dialect joins by its reader.
 */
import type { Message, Part } from '../dialects/dialect.ts'
import { canonicalJson } from './canonical-json.ts'

export interface Unit {
  /** `a`: the model. */
  speaker: 'a' | 'u' | 't'
  text: string
  /** Messages of the request up to here, this one's included. */
  depth: number
}

type Media = Extract<Part, { type: 'media' }>

/** Longer data is compared by its length and samples: it is an image or a sound, and the same one nearly always. */
const SAMPLED = 64 * 1024
const SAMPLE = 512
const SAMPLES = 16

const SYSTEM = new Set(['system', 'developer'])
const MODEL = new Set(['assistant', 'model'])

export const isSystem = ({ role }: Message): boolean => SYSTEM.has(role)
export const isModel = ({ role }: Message): boolean => MODEL.has(role)

/** System prompts are not among them, wherever they stand: a date in one must not break a conversation. */
export function toUnits(messages: readonly Message[]): Unit[] {
  const units: Unit[] = []
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!
    if (isSystem(message)) continue
    if (isModel(message)) addSaid(units, saidBy(message.parts), i + 1)
    else for (const part of message.parts) addPart(units, part, i + 1)
  }
  return units
}

/** The model's next words belong to its last ones: an answer may come in several messages, or begin in the request. */
function addSaid(units: Unit[], text: string, depth: number): void {
  const last = units.at(-1)
  if (last?.speaker === 'a') {
    last.text += text
    last.depth = depth
  } else if (text !== '') units.push({ speaker: 'a', text, depth })
}

function addPart(units: Unit[], part: Part, depth: number): void {
  const text = part.type === 'text' ? part.text.trim() : toText(part)
  if (text !== '') units.push({ speaker: part.type === 'tool_result' ? 't' : 'u', text, depth })
}

/** Words and calls of the model. What tools of the provider did, reasoning, media and unknown parts are not always sent back. */
export function saidBy(parts: readonly Part[]): string {
  let said = ''
  let calls = ''
  for (const part of parts) {
    if (part.type === 'text' || part.type === 'refusal') said += part.text
    else if (part.type === 'tool_call' && !part.server) calls += toText(part)
  }
  return withoutThinking(said).trim() + calls
}

/** Some local models think aloud, and clients cut it off. */
const withoutThinking = (text: string): string =>
  text.includes('</think>') ? text.slice(text.lastIndexOf('</think>') + '</think>'.length) : text

function toText(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text
    case 'tool_call':
      return `\u0001${part.name}\u0002${part.id ?? ''}\u0002${canonicalJson(part.arguments)}`
    case 'tool_result':
      return `\u0003${part.id ?? part.name ?? ''}\u0002${part.parts.map(toText).join('').trim()}`
    case 'media':
      return `\u0004${part.kind}\u0002${sampled(dataOf(part))}`
    case 'raw':
      return `\u0005${part.kind}\u0002${canonicalJson(part.value)}`
    case 'reasoning':
      return ''
  }
}

const dataOf = ({ data, url, fileId }: Media): string => data ?? url ?? fileId ?? ''

function sampled(data: string): string {
  if (data.length <= SAMPLED) return data
  const step = Math.floor((data.length - SAMPLE) / SAMPLES)
  let samples = `${data.length}:`
  for (let i = 0; i <= SAMPLES; i++) samples += data.slice(i * step, i * step + SAMPLE)
  return samples
}
