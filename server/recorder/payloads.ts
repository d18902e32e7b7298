/** What is stored of a call's bytes: both bodies exactly as on the wire, the headers, and the arrival times of a stream. */
import type { PayloadInput } from '../../db/store.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { bytesOf, type Body } from './body.ts'
import { answeredHeaders } from './decode.ts'
import { header, headersJson, type RawHeaders } from './headers.ts'
import { packTiming } from './timing.ts'

/**
 * `full` keeps all, `metadata` keeps headers and times, `off` keeps nothing.
 * A truncated body is kept as far as it was captured.
 */
export const toPayloads = (call: JournaledCall, request: Body, response: Body): PayloadInput[] => {
  const { start, attempts } = call
  if (start.capture === 'off') return []
  const received = attempts.at(-1)?.headers ?? call.end?.cache?.headers ?? null
  const payloads: (PayloadInput | null)[] = [
    headersPayload('requestHeaders', start.headers),
    received && headersPayload('responseHeaders', received),
    call.response.length > 1 ? plain('timing', packTiming(call.response)) : null,
  ]
  if (start.capture === 'full') {
    payloads.push(
      bodyPayload('request', request, start.headers),
      bodyPayload('response', response, answeredHeaders(call)),
    )
  }
  return payloads.filter((payload) => payload !== null)
}

function bodyPayload(kind: 'request' | 'response', body: Body, headers: RawHeaders | null): PayloadInput | null {
  if (body.captured === 0) return null
  const contentType = header(headers, 'content-type')
  return { kind, bytes: bytesOf(body), contentType, contentEncoding: header(headers, 'content-encoding') }
}

const headersPayload = (kind: 'requestHeaders' | 'responseHeaders', headers: RawHeaders) =>
  plain(kind, headersJson(headers), 'application/json')

const plain = (kind: PayloadInput['kind'], bytes: Uint8Array, contentType: string | null = null): PayloadInput => ({
  kind,
  bytes,
  contentType,
  contentEncoding: null,
})
