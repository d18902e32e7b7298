// The published JSON schema says what the code says.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configJsonSchema } from '../../server/config/json-schema.ts'

test('docs/weir.schema.json is what the schema in the code gives (else: node scripts/config-schema.ts)', () => {
  const published: unknown = JSON.parse(readFileSync(new URL('../../docs/weir.schema.json', import.meta.url), 'utf8'))
  expect(published).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
})

test('an editor knows the options, their defaults and the spellings for secret files', () => {
  const { properties } = configJsonSchema()
  expect(properties?.['port']).toMatchObject({ default: 9347 })
  expect(Object.keys(properties ?? {})).toEqual(
    expect.arrayContaining(['providers', 'retention', 'adminToken', 'admin_token_file']),
  )
})
