/** How Gemini says that an answer ended badly, and how one asks it for JSON. https://ai.google.dev/api/generate-content#FinishReason */
import type { Format, QualityMarks } from './dialect.ts'
import { asList, asObject, isObject, type Json } from './read/json.ts'

export const ENDINGS: QualityMarks['endings'] = {
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
}

export function toGeminiFormat(config: Json): Format | null {
  if ((config.responseMimeType ?? config.response_mime_type) !== 'application/json') return null
  const standard = config.responseJsonSchema ?? config.response_json_schema
  if (isObject(standard)) return { schema: standard }
  const own = config.responseSchema ?? config.response_schema
  return { schema: isObject(own) ? toJsonSchema(own) : null }
}

/** Google's subset of OpenAPI 3.0: upper-case types, `nullable`, and counts as text. */
function toJsonSchema({ type, nullable, properties, items, anyOf, required, enum: choices }: Json): Json {
  const name = typeof type === 'string' && type !== 'TYPE_UNSPECIFIED' ? type.toLowerCase() : null
  const mayBeNull = nullable === true
  return {
    ...(name === null ? {} : { type: mayBeNull ? [name, 'null'] : name }),
    ...(Array.isArray(choices) ? { enum: mayBeNull ? [...choices, null] : choices } : {}),
    ...(isObject(properties) ? { properties: mapped(properties) } : {}),
    ...(Array.isArray(required) ? { required } : {}),
    ...(isObject(items) ? { items: toJsonSchema(items) } : {}),
    ...(Array.isArray(anyOf) ? { anyOf: asList(anyOf).map((each) => toJsonSchema(asObject(each))) } : {}),
  }
}

const mapped = (properties: Json): Json =>
  Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, toJsonSchema(asObject(each))]))
