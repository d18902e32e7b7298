/** The error shape where no dialect is known: a JSON object with an `error` in it, which most clients can read. */
import type { ErrorShape } from './dialect.ts'

export const plainError = {
  error: ({ code, message, status }: ErrorShape) => ({ error: { message, type: 'weir_error', code, status } }),
}
