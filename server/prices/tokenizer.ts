/**
 * Counting tokens as a model's own tokenizer would, near enough for an estimate. The tables are big (o200k: 80 MB once loaded), so
 * each is loaded when the first model of its family needs it, and only in the thread that asks.
 */

type Encoding = 'o200k_base' | 'cl100k_base'

export interface Family {
  encoding: Encoding
  /** Tokens of this family per token of the encoding, measured over the outputs in the recorded corpus. */
  factor: number
}

/** Only OpenAI publishes its tables; the others are o200k times a factor. First match wins. */
const FAMILIES: readonly { models: RegExp; family: Family }[] = [
  {
    models: /gpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|gpt-oss|chatgpt|\bo[1-9]\b|codex/,
    family: { encoding: 'o200k_base', factor: 1 },
  },
  { models: /gpt-4|gpt-3\.5|text-embedding|davinci|babbage/, family: { encoding: 'cl100k_base', factor: 1 } },
  { models: /claude/, family: { encoding: 'o200k_base', factor: 1.35 } },
  { models: /gemini|gemma/, family: { encoding: 'o200k_base', factor: 1.12 } },
  { models: /mistral|magistral|mixtral|codestral|ministral|devstral/, family: { encoding: 'o200k_base', factor: 1.1 } },
]

const OTHERS: Family = { encoding: 'o200k_base', factor: 1.05 }

export const familyOf = (model: string | null): Family =>
  FAMILIES.find(({ models }) => models.test(model?.toLowerCase() ?? ''))?.family ?? OTHERS

/** Text above this is sampled: 32 k characters take 2 ms, at worst (one endless word) 50 ms. */
const MAX_COUNTED = 32_768
const SAMPLES = 8
/** The encoder's time grows with the square of a word's length: 100,000 letters without a space take two minutes. */
const MAX_WORD = 128

type Count = (text: string) => number

export interface Tokenizers {
  ready(model: string | null): boolean
  /** Resolves when `count` may be called for this model. */
  load(model: string | null): Promise<void>
  /** Tokens in a text, by the model's family; linear in time, bounded for any text. Throws when not loaded. */
  count(model: string | null, text: string): number
}

export function createTokenizers(): Tokenizers {
  const counts = new Map<Encoding, Count>()
  return {
    ready: (model) => counts.has(familyOf(model).encoding),
    async load(model) {
      const { encoding } = familyOf(model)
      if (!counts.has(encoding)) counts.set(encoding, await loadEncoding(encoding))
    },
    count(model, text) {
      const { encoding, factor } = familyOf(model)
      const count = counts.get(encoding)
      if (!count) throw new Error(`the tokenizer ${encoding} is not loaded: call load() first`)
      return Math.round(countBounded(count, text) * factor)
    },
  }
}

async function loadEncoding(encoding: Encoding): Promise<Count> {
  const { countTokens, setMergeCacheSize } =
    encoding === 'o200k_base'
      ? await import('gpt-tokenizer/encoding/o200k_base')
      : await import('gpt-tokenizer/encoding/cl100k_base')
  setMergeCacheSize(10_000)
  // Text such as <|endoftext|> is text here, not an instruction; by default the encoder throws on it.
  const options = { disallowedSpecial: new Set<string>() }
  return (text) => countTokens(text, options)
}

function countBounded(count: Count, text: string): number {
  const sample = text.length <= MAX_COUNTED ? text : sampleOf(text)
  let tokens = 0
  for (const piece of pieces(sample)) tokens += count(piece)
  return sample.length === text.length ? tokens : tokens * (text.length / sample.length)
}

/** Equal slices over the whole length: the beginning of a text is seldom like its middle. */
function sampleOf(text: string): string {
  const size = MAX_COUNTED / SAMPLES
  const step = (text.length - size) / (SAMPLES - 1)
  return Array.from({ length: SAMPLES }, (_, i) => text.slice(Math.floor(i * step), Math.floor(i * step) + size)).join(
    ' ',
  )
}

/** The text whole where it has no long word, else cut so that no piece has one; a cut may cost a token. */
function* pieces(text: string): Generator<string> {
  let from = 0
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    if (index > from) yield text.slice(from, index)
    for (let at = 0; at < run.length; at += MAX_WORD) yield run.slice(at, at + MAX_WORD)
    from = index + run.length
  }
  if (from < text.length) yield text.slice(from)
}

const LONG_RUN = new RegExp(`\\S{${MAX_WORD + 1},}|\\s{${MAX_WORD + 1},}`, 'g')
