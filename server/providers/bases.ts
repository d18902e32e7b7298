/** The families of dialects that can stand in for each other, and where each lives below a provider's base URL. */
import { type BuiltinRow, builtinProviders } from './builtin.ts'

/** Requests of one family can go to any provider that speaks it; between families they would have to be translated. */
export type Family = 'openai' | 'anthropic' | 'gemini'

/** Path below the base URL at which a family's own paths begin, such as `/openai/v1`; null: this provider does not speak it. */
export type Bases = Readonly<Record<Family, string | null>>

export const FAMILY_WORDS: Readonly<Record<Family, string>> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  gemini: 'Gemini',
}

const NOTHING: Bases = { openai: null, anthropic: null, gemini: null }

/** `dialect`: what weir.yaml says that it speaks, else null. */
export function basesOf(row: BuiltinRow | undefined, dialect: Family | null): Bases {
  if (dialect === 'openai') return { ...NOTHING, openai: '/v1' }
  if (dialect === 'anthropic') return { ...NOTHING, anthropic: '/v1' }
  if (dialect === 'gemini') return { ...NOTHING, gemini: '' }
  if (!row) return { ...NOTHING, openai: '/v1' }
  return { openai: row.openaiBase, anthropic: row.anthropicBase ?? null, gemini: row.geminiBase ?? null }
}

export const builtinRow = (name: string): BuiltinRow | undefined => builtinProviders.find((row) => row.name === name)

/** The families that all of them speak. */
export const sharedFamilies = (all: readonly Bases[]): Family[] =>
  (['openai', 'anthropic', 'gemini'] as const).filter((family) => all.every((bases) => bases[family] !== null))
