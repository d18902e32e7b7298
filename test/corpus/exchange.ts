/**
 * A recorded exchange as it goes over the wire in one of eight ways: plain, gzip, br or zstd, in one piece or cut at random
 * places. Request and answer are packed alike. Headers that prove something (odd case, duplicates, latin1) go along both ways.
 */
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Recording } from '../support/corpus.ts'
import { cut, seeded } from '../support/random.ts'

export const PACKINGS = ['plain', 'gzip', 'br', 'zstd'] as const
export type Packing = (typeof PACKINGS)[number]

export interface Exchange {
  recording: Recording
  packing: Packing
  isCut: boolean
  /** How a failing case is called: recording, packing, and how it was cut. */
  name: string
  request: Message
  answer: Message
}

export interface Message {
  /** Name, value, name, value …: what the other end must see, but for `host`, framing and Weir's own. */
  headers: string[]
  body: Buffer
  /** What is written in one go. */
  pieces: Buffer[]
}

/** In how many of the eight ways each recording goes. */
export type Ways = 3 | 8

/** Every recording in its ways. The name in `x-recording` finds the exchange again at the provider. */
export function toExchanges(recordings: readonly Recording[], ways: Ways): Exchange[] {
  return PACKINGS.flatMap((packing, p) =>
    recordings.flatMap((recording, n) => {
      // Of three ways one is compressed: the compressions take turns, and every second time it is cut.
      if (ways === 3 && p > 0 && (n % 3) + 1 !== p) return []
      const cuts = ways === 3 && p > 0 ? [Math.floor(n / 3) % 2 === 0] : [false, true]
      const request = pack(recording.requestBody, packing)
      const answer = pack(recording.responseBody, packing)
      return cuts.map((isCut): Exchange => {
        const name = `${recording.id} ${packing}${isCut ? ' cut' : ''}`
        const random = seeded(n + 1)
        return {
          recording,
          packing,
          isCut,
          name,
          request: toMessage(request, requestHeaders(recording, packing, name), isCut ? random : null),
          answer: toMessage(answer, answerHeaders(recording, packing), isCut ? random : null),
        }
      })
    }),
  )
}

function toMessage(body: Buffer, headers: string[], random: (() => number) | null): Message {
  return { body, headers, pieces: random ? cut(body, random) : body.length > 0 ? [body] : [] }
}

function requestHeaders(
  { requestHeaders: recorded, requestBody }: Recording,
  packing: Packing,
  name: string,
): string[] {
  const headers = ['X-Recording', encodeURIComponent(name), 'Authorization', 'Bearer sk-corpus-0123456789abcdef']
  for (const [key, values] of Object.entries(recorded)) {
    for (const value of [values].flat()) headers.push(key, value)
  }
  headers.push('Accept-Encoding', packing === 'plain' ? 'identity' : packing, 'X-TWICE', 'one', 'x-twice', 'tw\xf6')
  if (packing !== 'plain' && requestBody.length > 0) headers.push('Content-Encoding', packing)
  return headers
}

function answerHeaders({ contentType }: Recording, packing: Packing): string[] {
  const headers = ['Date', 'Thu, 01 Jan 2026 00:00:00 GMT', 'Set-Cookie', 'a=1; Path=/', 'set-cookie', 'b=2']
  if (contentType !== '') headers.push('Content-Type', contentType)
  if (packing !== 'plain') headers.push('content-encoding', packing)
  headers.push('X-RateLimit-Remaining-Tokens', '17', 'x-request-id', 'req_corpus')
  return headers
}

/** Brotli's best takes fifty times as long as its fourth, and proves no more. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

function pack(body: Buffer, packing: Packing): Buffer {
  if (body.length === 0 || packing === 'plain') return body
  if (packing === 'gzip') return gzipSync(body)
  return packing === 'br' ? brotliCompressSync(body, BROTLI) : zstdCompressSync(body)
}
