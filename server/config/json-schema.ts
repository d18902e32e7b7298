/** The JSON schema of weir.yaml, for editors: made from the zod schema, shipped in the package as docs/weir.schema.json. */
import { z } from 'zod'
import { configSchema } from './config.ts'
import { SECRETS, spellingsOf } from './options.ts'

type Json = { properties?: Record<string, Json>; [name: string]: unknown }

export const configJsonSchema = (): Json => {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Json
  const provider = schema.properties!['providers']!['additionalProperties'] as Json
  for (const group of [schema, provider]) addSecretFiles(group)
  // `ollama:` with nothing after it is a provider with its defaults.
  schema.properties!['providers']!['additionalProperties'] = { anyOf: [provider, { type: 'null' }] }
  return { title: 'weir.yaml', ...schema }
}

const addSecretFiles = (group: Json) => {
  for (const secret of SECRETS.filter((name) => group.properties?.[name]))
    for (const name of spellingsOf(secret))
      group.properties![name] = { type: 'string', description: `File that holds ${secret}.` }
}
