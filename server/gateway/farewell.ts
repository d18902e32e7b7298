/** What a client on a WebSocket is told when Weir refuses a response, and what ends the socket where it cannot go on. RFC 6455 §7.4.1 */
import type { Dialect } from '../dialects/dialect.ts'
import type { WeirError } from '../errors.ts'
import { CLOSE, frame, TEXT } from './frame.ts'

/** The dialect's error as an event, as OpenAI's sockets send it. `eventId`: the client's own name of what is refused. */
export function errorEvent(
  dialect: Dialect | null,
  { status, code, message }: WeirError,
  eventId: string | null,
): Buffer {
  const shape = dialect?.error({ status, code, message }) ?? { error: { code, message } }
  const { error } = shape as { error: object }
  return Buffer.from(
    JSON.stringify({
      type: 'error',
      status,
      ...shape,
      error: eventId === null ? error : { ...error, event_id: eventId },
    }),
  )
}

/** The error event, then Close 1008, a violation of policy. */
export function farewell(dialect: Dialect | null, error: WeirError): Buffer | null {
  if (error.status >= 500) return null
  const why = Buffer.concat([Buffer.from([1008 >> 8, 1008 & 0xff]), Buffer.from(error.code)])
  return Buffer.concat([frame(TEXT, errorEvent(dialect, error, null)), frame(CLOSE, why)])
}
