/** The JSON schema of weir.yaml, for editors: made from the zod schema, shipped in the package as docs/weir.schema.json. */
import { z } from 'zod'
import { configSchema } from './config.ts'
import { SECRETS, spellingsOf } from './options.ts'

type Json = { properties?: Record<string, Json>; [name: string]: unknown }

export const configJsonSchema = (): Json => {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Json
  const provider = schema.properties!['providers']!['additionalProperties'] as Json
  for (const group of [schema, provider]) addSecretFiles(group)
  addKeyFile(provider)
  allowShortForms(schema)
  addSecretFile(schema)
  // `ollama:` with nothing after it is a provider with its defaults.
  schema.properties!['providers']!['additionalProperties'] = { anyOf: [provider, { type: 'null' }] }
  return { title: 'weir.yaml', ...schema }
}

const addSecretFiles = (group: Json) => {
  for (const secret of SECRETS.filter((name) => group.properties?.[name]))
    for (const name of spellingsOf(secret))
      group.properties![name] = { type: 'string', description: `File that holds ${secret}.` }
}

const addKeyFile = (provider: Json) => {
  const item = provider.properties!['apiKeys']!['items'] as Json
  for (const name of spellingsOf('key'))
    item.properties![name] = { type: 'string', description: 'File that holds key.' }
  // A file may stand in for it.
  delete item['required']
}

const addSecretFile = (schema: Json) => {
  for (const list of [schema.properties!['keys']!.properties!['list']!, schema.properties!['alerts']!])
    for (const name of spellingsOf('secret'))
      (list['items'] as Json).properties![name] = { type: 'string', description: 'File that holds secret.' }
}

/** What a preprocessor makes of a plain word, the schema of its result does not show. */
const allowShortForms = (schema: Json) => {
  const route = schema.properties!['routes']!['additionalProperties'] as Json
  const targets = route.properties!['targets']!
  targets['items'] = { anyOf: [{ type: 'string' }, targets['items']] }
  const { description, default: otherwise, ...group } = route.properties!['disconnect']!
  route.properties!['disconnect'] = {
    anyOf: [{ enum: ['abort', 'drain'] }, group],
    description,
    default: otherwise,
  } as Json
}
