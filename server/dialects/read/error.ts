/** Errors as servers write them; the OpenAI family alone has six shapes, and proxies in between add theirs. */
import type { ReadError } from '../dialect.ts'
import { asId, asJsonText, asName, asObjects, asText, isObject, type Json } from './json.ts'

/**
 * `{error: {message, type, code, status}}` · `{error: "text"}` (Ollama, TGI) · `{message, type, code}` (Mistral) ·
 * `{detail: "text" | [{msg, loc}]}` (FastAPI: vLLM, Mistral) · `{errors: [{message}]}` (Cloudflare). Null: no error.
 */
export function toError(body: Json): ReadError | null {
  if (isObject(body.error)) return fromFields(body.error)
  if (asName(body.error)) return { code: asId(body.code) ?? asName(body.type), message: String(body.error) }
  const listed = asObjects(body.errors)[0]
  if (listed) return fromFields(listed)
  if (asName(body.detail)) return { code: null, message: String(body.detail) }
  const details = asObjects(body.detail)
  if (details.length > 0) return { code: 'validation_error', message: details.map(toDetail).join('; ') }
  return null
}

/** `{object: "error", message, type, code}` at the top level: only where the body says that it is an error, or nothing else. */
export function toBareError(body: Json): ReadError | null {
  const message = asText(body.message) ?? asText(body.msg)
  return message === null ? null : { code: asId(body.code) ?? asName(body.type), message }
}

/** The most telling name first: `context_length_exceeded` before `invalid_request_error`, `NOT_FOUND` before 404. */
const fromFields = (error: Json): ReadError => ({
  code: asName(error.code) ?? asName(error.type) ?? asName(error.status) ?? asId(error.code),
  message: asText(error.message) ?? asText(error.msg) ?? asJsonText(error),
})

const toDetail = (detail: Json): string =>
  [Array.isArray(detail.loc) ? detail.loc.filter((at) => typeof at !== 'object').join('.') : null, asText(detail.msg)]
    .filter((piece) => piece !== null)
    .join(': ')
