/** One answer against the rules of its route. Runs in the judge's thread: it parses, and schemas come from strangers. */
import type { Answer, Message, Part } from '../../dialects/dialect.ts'
import { dialectByName } from '../../dialects/registry.ts'
import { isObject } from '../../dialects/read/json.ts'
import { type QualityRule, type Question, unjudged, type Verdict } from './rules.ts'

/** `null`: fits · text: does not, and why. @throws when the schema itself is none. */
export type CheckSchema = (schema: unknown, value: unknown) => Promise<string | null>

export async function judgeAnswer(question: Question, check: CheckSchema): Promise<Verdict> {
  const { quality, createReader } = dialectByName(question.dialect)
  if (!quality) return unjudged(`answers of ${question.dialect} are not judged`)
  const reader = createReader(question)
  reader.push(question.body)
  const answer = reader.end()
  if (reader.problem !== null || !answer.complete) return unjudged(reader.problem ?? 'the answer is not whole')
  const { model, usage, serviceTier, reportedCostNano } = answer
  const billed = { model, usage, serviceTier, reportedCostNano }
  const ending = answer.finishReason === null ? undefined : quality.endings[answer.finishReason]
  for (const rule of question.rules) {
    const why = rule === 'json' ? null : WHY[rule](answer, ending)
    if (why !== null) return { failed: { rule, why }, note: null, answer: billed }
  }
  if (!question.rules.includes('json') || question.format === null) return { failed: null, note: null, answer: billed }
  const { why, note } = await judgeJson(answer, question.format, quality.formats, check)
  return { failed: why === null ? null : { rule: 'json', why }, note, answer: billed }
}

const WHY: Record<Exclude<QualityRule, 'json'>, (answer: Answer, ending: string | undefined) => string | null> = {
  empty: ({ messages }) => (messages.some(saysSomething) ? null : 'there is nothing in it'),
  refusal: ({ messages, finishReason }, ending) =>
    ending === 'refusal'
      ? `it ended with ${finishReason}`
      : messages.some(({ parts }) => parts.some(({ type }) => type === 'refusal'))
        ? 'the model refused'
        : null,
  length: ({ finishReason }, ending) => (ending === 'length' ? `it ended with ${finishReason}` : null),
  content_filter: ({ finishReason }, ending) => (ending === 'content_filter' ? `it ended with ${finishReason}` : null),
}

/** Thoughts alone are no answer; a refusal is one, of which a rule of its own speaks. */
const saysSomething = ({ parts }: Message): boolean =>
  parts.some((part) => (part.type === 'text' ? part.text.trim() !== '' : part.type !== 'reasoning'))

type Formats = NonNullable<ReturnType<typeof dialectByName>['quality']>['formats']

async function judgeJson(
  { messages }: Answer,
  { member, json }: NonNullable<Question['format']>,
  formats: Formats,
  check: CheckSchema,
): Promise<{ why: string | null; note: string | null }> {
  const asked: unknown = JSON.parse(json)
  const format = isObject(asked) ? formats[member]?.(asked) : null
  if (!format) return { why: null, note: null }
  let note: string | null = null
  for (const { parts } of messages) {
    // A model that calls a tool, or refuses, has not come to the answer that the schema is for.
    if (parts.some(({ type }) => type === 'tool_call' || type === 'refusal')) continue
    const value = parse(parts.map(textOf).join(''))
    if (value === undefined) return { why: 'it is not JSON', note: null }
    if (format.schema === null) continue
    try {
      const why = await check(format.schema, value)
      if (why !== null) return { why: `it does not fit the schema: ${why}`, note: null }
    } catch (error) {
      note = `the schema in ${member} could not be used: ${(error as Error).message}`
    }
  }
  return { why: null, note }
}

const textOf = (part: Part): string => (part.type === 'text' ? part.text : '')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
