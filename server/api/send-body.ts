/**
 * How bytes of strangers leave Weir: exactly as captured, but never as something that a browser would run, render or guess
 * (attachment, nosniff, a sandbox without anything allowed).
 */
import type { CallPayload } from '../../db/queries/call-payload.ts'
import type { DecodedPayload } from '../reader/payload.ts'

/** A list of codings as RFC 9110 §8.4 has it; anything else would break the client's framing and is told beside it instead. */
const CODINGS = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\t\x20-\x7e]*)?$/

const SAFE = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'private, no-store',
}

export const sendRaw = ({ bytes, contentType, contentEncoding }: CallPayload, name: string): Response => {
  const headers = new Headers({
    ...SAFE,
    // A proxy in between must not recode what is said to be exact.
    'cache-control': 'private, no-store, no-transform',
    'content-type': contentType !== null && MEDIA_TYPE.test(contentType) ? contentType : 'application/octet-stream',
    'content-disposition': `attachment; filename="${name}"`,
  })
  if (contentEncoding !== null && CODINGS.test(contentEncoding)) headers.set('content-encoding', contentEncoding)
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers })
}

export const sendDecoded = ({ bytes, truncated, binary }: DecodedPayload, name: string): Response => {
  const headers = new Headers({
    ...SAFE,
    'content-type': binary ? 'application/octet-stream' : 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="${name}${binary ? '' : '.txt'}"`,
  })
  if (truncated) headers.set('x-weir-truncated', 'true')
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers })
}
