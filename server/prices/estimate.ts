/**
 * Usage of a call whose provider said nothing (streams without `include_usage`, cut answers): counted from what was asked and what
 * was answered. Whoever stores it labels it `estimated`.
 */
import type { Usage } from '../call.ts'
import type { Answer, Message, Part, RequestFacts } from '../dialects/dialect.ts'
import type { Tokenizers } from './tokenizer.ts'

export interface EstimateInput {
  model: string | null
  request: RequestFacts | null
  answer: Answer | null
}

/** https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken: a message has 3 tokens around it and its role. */
const PER_MESSAGE = 4
/** Opens the answer. */
const PRIMING = 3
/** Names, brackets and ids around a tool call or result. */
const PER_TOOL = 8
/** An image of about 1000 × 1000: OpenAI 765, Anthropic 1,334, Google 258–1,032. The size is not known without decoding it. */
const PER_IMAGE = 800

/** Null when there is nothing to count. Buckets are those that can be told apart: input, output and visible reasoning. */
export function estimateUsage({ model, request, answer }: EstimateInput, tokenizers: Tokenizers): Usage | null {
  if (!request && !answer) return null
  const count = (text: string) => tokenizers.count(model, text)
  const usage: Usage = {}
  if (request) usage.input = countInput(request, count) + (isClaudeWithTools(model, request) ? CLAUDE_TOOLS : 0)
  const said = answer?.messages.flatMap(({ parts }) => parts) ?? []
  usage.output = countParts(
    said.filter((part) => part.type !== 'reasoning'),
    count,
  )
  const reasoning = countReasoning(said, count)
  if (reasoning > 0) usage.reasoning = reasoning
  return usage
}

/** Anthropic puts a system prompt of its own before tools. https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview#pricing */
const CLAUDE_TOOLS = 346

type Count = (text: string) => number

const isClaudeWithTools = (model: string | null, { tools }: RequestFacts) =>
  tools.length > 0 && /claude/i.test(model ?? '')

/** Texts are joined before they are counted: one call of the encoder for a history of a thousand messages. */
function countInput(request: RequestFacts, count: Count): number {
  const { messages, tools } = request
  const parts = messages.flatMap((message: Message) => message.parts).filter((part) => part.type !== 'reasoning')
  const definitions = tools.map((tool) =>
    [tool.name, tool.description ?? '', tool.schema ? JSON.stringify(tool.schema) : ''].join(' '),
  )
  const defined = tools.length === 0 ? 0 : count(definitions.join('\n')) + PER_TOOL * tools.length
  const names = messages.flatMap(({ name }) => (name === undefined ? [] : [name]))
  const named = names.length === 0 ? 0 : count(names.join('\n')) + 1
  return countParts(parts, count) + defined + named + PER_MESSAGE * messages.length + PRIMING
}

function countParts(parts: readonly Part[], count: Count): number {
  const texts: string[] = []
  const around = parts.reduce((sum, part) => sum + collect(part, texts), 0)
  return around + (texts.length === 0 ? 0 : count(texts.join('\n')))
}

/** Adds the part's text to `texts`; gives the tokens that are not text. Sound and files are not estimated: nothing here tells. */
function collect(part: Part, texts: string[]): number {
  if (part.type === 'text' || part.type === 'refusal') texts.push(part.text)
  else if (part.type === 'tool_call') texts.push(part.name, part.arguments)
  else if (part.type === 'tool_result')
    return PER_TOOL + part.parts.reduce((sum, inner) => sum + collect(inner, texts), 0)
  else if (part.type === 'media' && part.kind === 'image') return PER_IMAGE
  return part.type === 'tool_call' ? PER_TOOL : 0
}

function countReasoning(parts: readonly Part[], count: Count): number {
  const text = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('')
  return text === '' ? 0 : count(text)
}
