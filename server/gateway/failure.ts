/** What undici and the system say when an upstream fails, in codes and words of Weir's own. */
import { containerHint } from '../config/container.ts'
import { type ErrorCode, WeirError } from '../errors.ts'
import type { Target } from './live.ts'

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])

export function toFailure(error: Error, target: Target, begun: boolean, inContainer: boolean): WeirError {
  if (error instanceof WeirError) return error
  const system = (error as NodeJS.ErrnoException).code ?? ''
  const [code, what]: [ErrorCode, string] =
    system === 'UND_ERR_CONNECT_TIMEOUT'
      ? ['timeout_connect', 'could not be reached in time']
      : UNREACHABLE.has(system) || error.message.startsWith('Proxy response')
        ? ['upstream_unreachable', 'could not be reached']
        : isInvalid(error, system)
          ? ['upstream_invalid', 'sent something that is not HTTP as Weir can read it']
          : /CERT|TLS|SSL/.test(system)
            ? ['upstream_unreachable', 'could not be reached safely']
            : [
                'upstream_reset',
                begun ? 'broke off in the middle of its answer' : 'closed the connection without an answer',
              ]
  const hint = inContainer && UNREACHABLE.has(system) ? containerHint(target.origin) : ''
  return new WeirError(code, `${target.name} (${target.origin}) ${what}: ${messageOf(error)}${hint}`, { cause: error })
}

/** undici's parser gives its errors a name and, for most of them, no code; to an unasked 100 it only says `bad response`. */
const isInvalid = (error: Error, system: string) =>
  error.name === 'HTTPParserError' ||
  system.startsWith('HPE_') ||
  system === 'UND_ERR_HEADERS_OVERFLOW' ||
  system.includes('CONTENT_LENGTH') ||
  error.message === 'bad response'

export const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code || error.name : String(error)
}
