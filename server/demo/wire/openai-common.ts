/** What OpenAI's endpoints share: the shape of an error, and the headers beside an answer. */
import type { Json, Turn } from '../turn.ts'
import type { Trouble } from './wire.ts'

export const openaiError = ({ message, type, code }: Trouble): Json => ({ error: { message, type, param: null, code } })

export const openaiHeaders = (turn: Turn): Record<string, string> => ({
  'x-request-id': `req_${turn.id}`,
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '5000',
  'x-ratelimit-remaining-requests': String(4200 + (parseInt(turn.id.slice(0, 2), 16) % 700)),
})
