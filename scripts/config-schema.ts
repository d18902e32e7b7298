/** Writes docs/weir.schema.json from the zod schema. Run it after a change to server/config/config.ts; a test notices when it is stale. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configJsonSchema } from '../server/config/json-schema.ts'

const file = join(import.meta.dirname, '..', 'docs', 'weir.schema.json')
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
