/** Failures of the API as RFC 9457 problem details: what happened, where, and what to do next. */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { isRedisAway } from '../redis/away.ts'

export const problem = z
  .object({
    type: z.string().describe('`urn:weir:problem:` and the code.'),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('What scripts may match on; never renamed.'),
    detail: z.string().describe('What happened, and where.'),
    help: z.string().optional().describe('What to do next.'),
    instance: z.string().describe('The path that was asked for.'),
    errors: z
      .array(z.object({ where: z.string(), message: z.string() }))
      .optional()
      .describe('Every mistake in the input, each with its place.'),
  })
  .openapi('Problem')

/** Code → status and title. */
const PROBLEMS = {
  bad_input: [400, 'The input is not valid'],
  login_required: [401, 'Not logged in'],
  token_wrong: [401, 'The admin token is wrong'],
  key_invalid: [401, 'The Weir key is not valid'],
  address_refused: [403, 'The key may not be used from here'],
  host_refused: [403, 'This host name is not accepted'],
  origin_refused: [403, 'A page of another origin asked'],
  not_found: [404, 'Not found'],
  content_not_kept: [404, 'The content was not kept'],
  not_running: [409, 'The call is not running'],
  name_taken: [409, 'The name is taken'],
  read_only: [409, 'It is set in weir.yaml'],
  key_revoked: [409, 'The key was revoked'],
  content_expired: [410, 'The content is no longer kept'],
  body_too_large: [413, 'The request body is too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  not_decodable: [422, 'The content cannot be decoded'],
  too_many_tries: [429, 'Too many failed logins'],
  client_closed: [499, 'The client closed the request'],
  internal: [500, 'Weir failed on this request'],
  reader_failed: [500, 'The query failed'],
  write_failed: [500, 'The change failed'],
  readers_busy: [503, 'Too many queries at once'],
  redis_unavailable: [503, 'The shared Redis does not answer'],
  not_built: [503, 'The dashboard is not built'],
  query_timeout: [504, 'The query took too long'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof PROBLEMS
export type InputError = { where: string; message: string }

/** Thrown anywhere below the API; only `toProblem` turns it into an answer. */
export class ApiError extends Error {
  readonly code: ProblemCode
  readonly help: string | undefined
  readonly errors: InputError[] | undefined
  readonly headers: Record<string, string>

  constructor(
    code: ProblemCode,
    detail: string,
    options: { help?: string; errors?: InputError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiError'
    this.code = code
    this.help = options.help
    this.errors = options.errors
    this.headers = options.headers ?? {}
  }
}

/** The one place where an error becomes an answer. What is not ours is `internal` and goes to `log`: nobody else sees its text. */
export const toProblem = (error: unknown, c: Context, log: (error: unknown) => void): Response => {
  const known = toApiError(error)
  if (known.code === 'internal' || known.code === 'reader_failed' || known.code === 'write_failed') log(error)
  const [status, title] = PROBLEMS[known.code]
  const body: z.infer<typeof problem> = {
    type: `urn:weir:problem:${known.code}`,
    title,
    status,
    code: known.code,
    detail: known.message,
    help: known.help,
    instance: c.req.path,
    errors: known.errors,
  }
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, {
    ...known.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
}

/** Hono's own exceptions (malformed JSON, wrong content type) are the client's mistakes. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (isRedisAway(error)) return new ApiError('redis_unavailable', error.message, { help: 'Try again when it does.' })
  if (error instanceof HTTPException && error.status === 415)
    return new ApiError('unsupported_media_type', 'The body must be JSON.', {
      help: 'Send content-type: application/json.',
    })
  if (error instanceof HTTPException && error.status < 500)
    return new ApiError('bad_input', error.message || 'The request could not be read.')
  return new ApiError('internal', 'An unexpected error; Weir has written it to its log.', {
    help: 'If it stays, report it with the lines of the log at this time.',
    cause: error,
  })
}

/** What every zod validator of the API does with a mistake: all of them at once, each with its place. */
export const refuseInput = (result: { success: boolean; error?: z.ZodError; target: string }): void => {
  if (result.success || !result.error) return
  const errors = result.error.issues.map((issue) => ({
    where: [result.target, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }))
  throw new ApiError('bad_input', errors.map((e) => `${e.where}: ${e.message}`).join('; '), {
    errors,
    help: '/api/openapi.json describes what each address accepts.',
  })
}

const problemContent = { content: { 'application/problem+json': { schema: problem } } }

/** Added to the responses of every route. */
export const failures = {
  '4XX': { description: 'The request cannot be answered; the problem says why and what to do.', ...problemContent },
  '5XX': { description: 'Weir could not answer; the problem says why.', ...problemContent },
} as const
