/** The names within the schema: what may stand at a path, and every option's environment variable. */
import type { z } from 'zod'
import { configSchema } from './config.ts'
import { KEY_MATERIALS } from './key-material.ts'
import { builtinProviders } from '../providers/builtin.ts'

export interface Option {
  path: string[]
  /** `capture.maxBytes` → `WEIR_CAPTURE_MAX_BYTES`. */
  variable: string
  /** A list or a group: its variable holds YAML, or words with commas between. */
  structured: boolean
}

/** Names for which `…File`, `…_file` say: read the value from that file. */
export const SECRETS: readonly string[] = ['adminToken', 'apiKey', 'database', 'redis', ...KEY_MATERIALS]

const toSnake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `apiKey` → every spelling of "from this file" that is understood. */
export const spellingsOf = (secret: string): string[] => [
  ...new Set([`${secret}File`, `${secret}_file`, `${toSnake(secret)}_file`]),
]

/** The schema below optional, default and transform. */
const unwrap = (schema: z.core.$ZodType): z.core.$ZodType => {
  const def = schema._zod.def as {
    type: string
    innerType?: z.core.$ZodType
    in?: z.core.$ZodType
    out?: z.core.$ZodType
  }
  if (def.type === 'pipe') return unwrap((def.in as z.core.$ZodType)._zod.def.type === 'transform' ? def.out! : def.in!)
  return def.innerType ? unwrap(def.innerType) : schema
}

type Def = {
  type: string
  shape?: Record<string, z.core.$ZodType>
  valueType?: z.core.$ZodType
  element?: z.core.$ZodType
}
const definition = (schema: z.core.$ZodType) => unwrap(schema)._zod.def as unknown as Def

/** The option names that are valid in the group at `path`; none when there is no group of named options. */
export const keysAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] => {
  const def = definition(schema)
  const [first, ...rest] = path
  if (first === undefined) return def.shape ? Object.keys(def.shape) : []
  const inner = def.shape?.[String(first)] ?? def.valueType ?? def.element
  return inner ? keysAt(inner, rest) : []
}

const toVariable = (path: readonly string[]) =>
  ['WEIR', ...path.map((name) => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[^A-Za-z0-9]/g, '_'))]
    .join('_')
    .toUpperCase()

const leaves = (schema: z.core.$ZodType, path: string[]): Option[] => {
  const def = definition(schema)
  const own = {
    path,
    variable: toVariable(path),
    structured: ['object', 'record', 'array', 'unknown'].includes(def.type),
  }
  const inner = Object.entries(def.shape ?? {}).flatMap(([name, member]) => leaves(member, [...path, name]))
  return path.length > 0 ? [own, ...inner] : inner
}

/** Every option as an environment variable, those of built-in and of the named providers included. */
export const listOptions = (providers: readonly string[]): Option[] => {
  const record = definition(configSchema.shape.providers).valueType!
  const names = new Set([...builtinProviders.map(({ name }) => name), ...providers])
  return [...leaves(configSchema, []), ...[...names].flatMap((name) => leaves(record, ['providers', name]))]
}
