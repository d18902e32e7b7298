/** Google's generateContent. https://ai.google.dev/api/generate-content */
import { type Json, meter, type Said, type Turn } from '../turn.ts'
import { pieces, sse, type Wire } from './wire.ts'

export const gemini: Wire = {
  path: ({ model, stream }) =>
    `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,

  request: (turn) => ({
    systemInstruction: { parts: [{ text: turn.system }] },
    contents: turn.messages.map(toContent),
    ...(turn.tools.length > 0
      ? {
          tools: [
            {
              functionDeclarations: turn.tools.map(({ name, description, properties }) => ({
                name,
                description,
                parameters: { type: 'object', properties },
              })),
            },
          ],
        }
      : {}),
    generationConfig: { temperature: 0.4, ...turn.settings },
  }),

  whole: (turn) => chunk(turn, partsOf({ role: 'assistant', ...turn.reply }), finishOf(turn)),

  events(turn) {
    const { text, thinking, calls } = turn.reply
    const last = calls.map(({ name, arguments: args }) => ({ functionCall: { name, args } }))
    return [
      ...pieces(thinking ?? '').map((piece) =>
        sse(chunk(turn, [{ text: piece.text, thought: true }], null), piece.tokens),
      ),
      ...pieces(text).map((piece) => sse(chunk(turn, [{ text: piece.text }], null), piece.tokens)),
      sse(chunk(turn, last.length > 0 ? last : [{ text: '' }], finishOf(turn)), 4 * last.length),
    ]
  },

  error: ({ status, message, type }) => ({ error: { code: status, message, status: type } }),
  headers: () => ({ server: 'scaffolding on HTTPServer2' }),
}

function chunk(turn: Turn, parts: Json[], finishReason: string | null): Json {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...(finishReason ? { finishReason } : {}) }],
    ...(finishReason ? { usageMetadata: usageOf(turn) } : {}),
    modelVersion: turn.model,
    responseId: turn.id,
  }
}

function toContent(said: Said): Json {
  if (said.role === 'user') return { role: 'user', parts: [{ text: said.text }] }
  if (said.role === 'tool')
    return { role: 'user', parts: [{ functionResponse: { name: said.name, response: { result: said.result } } }] }
  return { role: 'model', parts: partsOf(said) }
}

const partsOf = ({
  text,
  thinking,
  calls,
}: {
  role: string
  text: string
  thinking: string | null
  calls: Turn['reply']['calls']
}): Json[] => [
  ...(thinking === null ? [] : [{ text: thinking, thought: true }]),
  ...(text === '' ? [] : [{ text }]),
  ...calls.map(({ name, arguments: args }) => ({ functionCall: { name, args } })),
]

function finishOf({ reply }: Turn): string {
  if (reply.fault === 'content_filter') return 'SAFETY'
  return reply.cut ? 'MAX_TOKENS' : 'STOP'
}

function usageOf(turn: Turn): Json {
  const { prompt, cached, output, reasoning } = meter(turn)
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: output,
    totalTokenCount: prompt + output + reasoning,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  }
}
