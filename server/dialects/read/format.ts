/** OpenAI's and Anthropic's way to say how an answer must look: `{type: json_schema, schema}`, or just `{type: json_object}`. */
import type { Format } from '../dialect.ts'
import { asObject, isObject, type Json } from './json.ts'

export function toFormat(format: Json): Format | null {
  if (format.type === 'json_object') return { schema: null }
  if (format.type !== 'json_schema') return null
  const schema = format.schema ?? asObject(format.json_schema).schema
  return { schema: isObject(schema) ? schema : null }
}
