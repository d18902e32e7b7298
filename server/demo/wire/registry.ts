/** The wire formats that the demo speaks. */
import type { Api, Turn } from '../turn.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { embeddings } from './embeddings.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import type { Wire } from './wire.ts'

export const wires: Record<Api, Wire> = {
  chat: openaiChat,
  responses: openaiResponses,
  messages: anthropicMessages,
  gemini,
  embeddings,
}

/** The header that tells the demo's provider which turn this is; it also marks every made-up call as such. */
export const DEMO_HEADER = 'x-demo-call'

/** A turn as an HTTP request: path below the provider's name (of a route: below Weir's), headers in the order of sending, body. */
export function toRequest(given: Turn): { path: string; headers: Record<string, string>; body: string } {
  // Whoever asks for a route speaks to Weir as to OpenAI.
  const turn = given.route === null ? given : { ...given, provider: 'openai', model: given.route }
  const wire = wires[turn.api]
  return {
    path: wire.path(turn),
    headers: {
      'content-type': 'application/json',
      accept: turn.stream ? 'text/event-stream' : 'application/json',
      ...turn.headers,
      [DEMO_HEADER]: turn.id,
    },
    body: JSON.stringify(wire.request(turn)),
  }
}
