/** Errors of Weir's own for clients of the OpenAI family. The SDKs take `error` from the body, or from any `data:` of a stream. */
import type { ErrorShape } from '../dialect.ts'

/** OpenAI's `type` by status; SDKs choose their class by the status, people's own code by type or code. */
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
}

export const openaiError = ({ status, code, message }: ErrorShape) => ({
  error: {
    message,
    type: TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
    param: null,
    code,
  },
})

/** The line ends before it close an event that was cut in the middle, which would swallow this one. */
export const openaiStreamError = (shape: ErrorShape): string => `\n\ndata: ${JSON.stringify(openaiError(shape))}\n\n`
