/** Colours by meaning: a provider keeps its colour everywhere; a chart's groups take the series colours in order. */
const PROVIDERS: Record<string, string> = {
  anthropic: 'var(--s1)',
  openai: 'var(--s2)',
  gemini: 'var(--s3)',
  google: 'var(--s3)',
  mistral: 'var(--s4)',
  groq: 'var(--s5)',
  ollama: 'var(--s7)',
}
const SERIES = ['var(--s1)', 'var(--s2)', 'var(--s3)', 'var(--s4)', 'var(--s5)', 'var(--s7)']
export const OTHERS = 'var(--s6)'

export function providerColour(provider: string | null): string {
  if (provider === null) return OTHERS
  const known = PROVIDERS[provider]
  if (known) return known
  let hash = 0
  for (const c of provider) hash = (hash * 31 + c.charCodeAt(0)) >>> 0
  return SERIES[hash % SERIES.length]!
}
export const seriesColour = (index: number, isOthers = false) =>
  isOthers ? OTHERS : (SERIES[index % SERIES.length] ?? OTHERS)
