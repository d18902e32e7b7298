/**
 * A call as a step of its lane. A tool call stands in one answer and its result in the next request, so a step is finished by the
 * one that follows it.
 */
import type { Call } from '../call.ts'
import type { Message, Part } from '../dialects/dialect.ts'
import type { Turn } from '../sessions/turn.ts'
import { canonicalArguments, digest, looksFailed, normalError } from './digest.ts'
import type { IsPolling } from './polling.ts'
import type { Action, Step } from './rule.ts'
import { repeatedTail } from './tail.ts'
import { freshShare, union, wordsOf } from './words.ts'

const SHORT = 300
/** A step is compared with the words of this many before it. */
const LOOKS_BACK = 10

type ToolCall = Extract<Part, { type: 'tool_call' }>
type ToolResult = Extract<Part, { type: 'tool_result' }>

/** Puts the results that `turn` brought to the step that asked for them, and gives the turn's own step. */
export function toStep(turn: Turn, steps: readonly Step[], isPolling: IsPolling): Step {
  const { call, answer } = turn
  const fresh = newMessages(turn)
  const results = fresh.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_result'))
  const asking = steps.findLast(({ callId }) => callId === call.parentId) ?? steps.at(-1)
  const mayKeep = call.capture === 'full'
  if (asking?.action?.result === null && results.length > 0) finish(asking.action, results, mayKeep)

  const newTexts = fresh.filter(isNotSystem).flatMap(({ parts }) => textsOf(parts))
  const saidTexts = (answer?.messages ?? []).flatMap(({ parts }) => spoken(parts))
  const calls = (answer?.messages ?? []).flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'))
  const mine = calls.filter(({ server }) => server !== true)
  const news = wordsOf(newTexts)
  const said = wordsOf(saidTexts)
  const all = union([news, said, wordsOf(mine.map((part) => part.arguments))])
  const before = steps.at(-1)
  const tail = repeatedTail(saidTexts.at(-1) ?? '')
  return {
    callId: call.id,
    at: call.startedAt,
    costNano: call.costNano,
    tokens: tokensOf(call),
    context: contextOf(call),
    action: mine.length === 0 ? null : toAction(mine, isPolling, mayKeep),
    news,
    said,
    all,
    continues: continuesOf(turn) && (call.requestSha256 === null || call.requestSha256 !== before?.body),
    fresh: before
      ? freshShare(
          all,
          steps.slice(-LOOKS_BACK).map((step) => step.all),
        )
      : 1,
    tail: tail && { times: tail.times, words: mayKeep ? short(tail.unit) : null },
    body: call.requestSha256,
    failure: toFailure(call, mayKeep),
    prompt: promptOf(fresh),
    regenerated: turn.mark === 'regenerated',
    excerpt: {
      news: mayKeep ? short(newTexts.join(' ')) || null : null,
      said: mayKeep ? short(saidTexts.join(' ')) || null : null,
    },
  }
}

/** Those that the session had not seen, but none that an answer stands behind: these are history that came late. */
function newMessages({ request, newFrom }: Turn): readonly Message[] {
  const messages = request?.messages ?? []
  const answered = messages.findLastIndex(isAnswer)
  return messages.slice(Math.max(newFrom, answered + 1))
}

const isAnswer = ({ role, parts }: Message): boolean =>
  role === 'assistant' ||
  role === 'model' ||
  (parts.length > 0 && parts.every(({ type }) => type === 'tool_call' || type === 'reasoning'))

const promptOf = (fresh: readonly Message[]): string | null => {
  const said = fresh.filter(({ role }) => role === 'user').flatMap(({ parts }) => spoken(parts))
  return said.length === 0 ? null : digest(said.join('\n'))
}

const isNotSystem = ({ role }: Message): boolean => role !== 'system' && role !== 'developer'

const continuesOf = ({ request, call }: Turn): boolean =>
  request !== null && (request.previousId !== null || call.parentId !== null || request.messages.some(isAnswer))

function toAction(calls: readonly ToolCall[], isPolling: IsPolling, mayKeep: boolean): Action {
  const names = calls.map(({ name }) => name)
  const key = calls.map((part) => `${part.name}\0${canonicalArguments(part.arguments)}`).join('\0\0')
  const words = calls.map((part) => `${part.name}(${short(part.arguments)})`).join(' + ')
  return {
    tool: short(names.join(' + '), 120),
    ids: calls.map(({ id }) => id),
    key: digest(key),
    polls: names.every(isPolling),
    words: mayKeep ? short(words) : null,
    result: null,
    silent: false,
    error: null,
    errorWords: null,
  }
}

/** Parallel results come in any order: they are put into that of the calls. */
function finish(action: Action, results: readonly ToolResult[], mayKeep: boolean): void {
  const placeOf = ({ id }: ToolResult) => (id === null ? -1 : action.ids.indexOf(id))
  const ordered = results.length === 1 ? results : results.toSorted((a, b) => placeOf(a) - placeOf(b))
  const texts = ordered.map(({ parts }) => textsOf(parts).join('\n').trim())
  const failed = ordered.filter(({ isError }, i) => isError === true || looksFailed(texts[i]!))
  action.result = digest(texts.join('\0'))
  action.silent = texts.some((text) => text === '')
  if (failed.length === 0) return
  const error = normalError(failed.map((result) => texts[ordered.indexOf(result)]).join(' '))
  action.error = digest(error)
  action.errorWords = mayKeep ? error : null
}

/** What was said or brought, in words; what is no text stands by a digest of itself, so that it can be told from another. */
const textsOf = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) => {
    if (part.type === 'text' || part.type === 'refusal') return [part.text]
    if (part.type === 'tool_result') return textsOf(part.parts)
    if (part.type === 'media') return [`media ${digest(part.data ?? part.url ?? part.fileId ?? '')}`]
    return part.type === 'raw' ? [JSON.stringify(part.value) ?? ''] : []
  })

const spoken = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : []))

const FAILURES = new Set<Call['outcome']>(['error', 'timeout', 'upstream_abort'])

function toFailure(call: Call, mayKeep: boolean): Step['failure'] {
  if (!FAILURES.has(call.outcome)) return null
  const words = normalError(`${call.status ?? ''} ${call.errorCode ?? ''} ${call.errorMessage ?? ''}`)
  return { key: digest(words), words: mayKeep ? words : null }
}

/** All input, cached included; of an unknown usage the size tells. */
function contextOf({ usage, requestBytes }: Call): number {
  const tokens = (usage?.input ?? 0) + (usage?.cacheRead ?? 0) + (usage?.cacheWrite ?? 0) + (usage?.cacheWrite1h ?? 0)
  return tokens > 0 ? tokens : requestBytes / 4
}

const tokensOf = ({ usage }: Call): number =>
  usage === null
    ? 0
    : (usage.input ?? 0) +
      (usage.cacheRead ?? 0) +
      (usage.cacheWrite ?? 0) +
      (usage.cacheWrite1h ?? 0) +
      (usage.output ?? 0) +
      (usage.reasoning ?? 0)

const short = (text: string, length = SHORT): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
