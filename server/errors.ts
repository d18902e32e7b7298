/** Failures of Weir's own, by name. Only the edge turns a code into a status and a dialect-shaped body. */

/** Code → HTTP status. Users match on the code (`x-weir-error`), so a code is never renamed. */
export const STATUS = {
  bad_target: 400,
  bad_request: 400,
  model_required: 400,
  key_invalid: 401,
  credential_required: 401,
  budget_spent: 402,
  unpriced: 402,
  model_not_allowed: 403,
  host_refused: 403,
  unknown_provider: 404,
  request_timeout: 408,
  client_gone: 499,
  body_too_large: 413,
  rate_limited: 429,
  loop_blocked: 429,
  internal: 500,
  upstream_unreachable: 502,
  upstream_reset: 502,
  upstream_invalid: 502,
  upstream_failed: 502,
  route_exhausted: 503,
  draining: 503,
  overloaded: 503,
  journal_full: 503,
  keys_unavailable: 503,
  limits_unavailable: 503,
  canceled: 503,
  timeout_connect: 504,
  timeout_headers: 504,
  timeout_first_event: 504,
  timeout_idle: 504,
  timeout_total: 504,
} as const

export type ErrorCode = keyof typeof STATUS

/** A failure with a code that outsiders can rely on. The message says what happened, where, and what to do next. */
export class WeirError extends Error {
  readonly code: ErrorCode
  /** Extra response headers, such as `retry-after`. */
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; headers?: Record<string, string> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'WeirError'
    this.code = code
    this.headers = options.headers ?? {}
  }

  get status(): number {
    return STATUS[this.code]
  }
}

/** Anything thrown, as a WeirError; what has no code of its own is `internal`. */
export const toWeirError = (error: unknown): WeirError =>
  error instanceof WeirError
    ? error
    : new WeirError('internal', `Weir failed on this call: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
