/**
 * Does a value fit a JSON schema? Ajv, loaded with the first schema that comes. Schemas are the clients' own: whatever one of them
 * does (a pattern without end, an explosion of alternatives) happens in the judge's thread, which has a time limit.
 */
import { createRecent } from '../recent.ts'
import type { CheckSchema } from './judge-answer.ts'

type Validate = (value: unknown) => string | null

const MOST_COMPILED = 50

export function createSchemaCheck(): CheckSchema {
  const compiled = createRecent<Validate>(MOST_COMPILED)
  let compile: ((schema: object) => Validate) | null = null
  return async (schema, value) => {
    const text = JSON.stringify(schema)
    let validate = compiled.get(text)
    if (!validate) {
      compile ??= await load()
      validate = compile(withoutNames(schema))
      compiled.set(text, validate)
    }
    return validate(value)
  }
}

async function load(): Promise<(schema: object) => Validate> {
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  return (schema) => {
    // A fresh one each time: definitions of one client must not be known to another, nor be kept for ever.
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false })
    const fits = ajv.compile(schema)
    return (value) => (fits(value) ? null : ajv.errorsText(fits.errors, { dataVar: 'answer' }))
  }
}

/** Which draft it was written for does not matter here, and what it calls itself would be looked up. */
function withoutNames(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw new Error('it is no object')
  const { $schema: _, $id: __, ...rest } = schema as Record<string, unknown>
  return rest
}
