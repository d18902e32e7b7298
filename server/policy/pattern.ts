/** `gpt-5*` and the like: `*` stands for anything, also nothing; everything else for itself, whatever its case. */
import { matches } from '../prices/override.ts'

export const createPatterns =
  (patterns: readonly string[]) =>
  (text: string): boolean =>
    patterns.some((pattern) => matches(pattern, text))
