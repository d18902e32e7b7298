/**
 * Words for full-text search, in any script. Both indexes know words only where spaces or punctuation stand between them, and
 * Chinese, Japanese, Thai and their neighbours write none: there each character (with its marks) is a word of its own, in the
 * index and in the question, and a run of them is searched as a phrase. That costs nothing for other scripts, finds parts of
 * longer words, and was chosen over trigrams, which triple the index for everybody.
 * SQLite splits the rest itself (unicode61); for Postgres the words are made here, alike.
 */

/** A quick look before the slow one: the blocks where scripts without spaces live. */
const MAYBE_UNSPACED =
  /[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u1950-\u1AAF\u2E80-\u31FF\u3400-\u9FFF\uA9E0-\uAADF\uF900-\uFAFF\uFF66-\uFF9F\u{16FE0}-\u{18DFF}\u{1B000}-\u{1B16F}\u{20000}-\u{3FFFF}]/u
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Bopomofo}\p{Script=Yi}]\p{M}*/gu
const WORD = /[\p{L}\p{N}\p{Co}\p{M}]+/gu
/** Accents, as SQLite's remove_diacritics takes them off; marks that make another letter in Indic or Arabic script stay. */
const ACCENTS = /[\u0300-\u036F]/g
/** Postgres refuses lexemes over 2 kB; a "word" this long is base64 anyway. */
const LEXEME_MAX = 500

/**
 * Text for SQLite's index. A document is taken out of the index by giving it again, so what this answers for a text must never
 * change: a better rule needs a migration that builds the index anew. Composed, with spaces around each character that is a word by itself.
 */
export const toIndexText = (text: string): string => spaced(text.normalize('NFC'))

const spaced = (text: string): string => (MAYBE_UNSPACED.test(text) ? text.replace(UNSPACED, ' $& ') : text)

/** Words in order, as written. */
const toWords = (text: string): string[] => toIndexText(text).match(WORD) ?? []

/** Words in order, folded as unicode61 folds them: lower case, no accents. */
export const toFoldedWords = (text: string): string[] =>
  toWords(text.normalize('NFD').replace(ACCENTS, '').toLowerCase()).map((word) => word.slice(0, LEXEME_MAX))

/** A shorter last word must match whole: `a*` would read half the index. */
const PREFIX_FROM = 3

interface Phrase {
  words: string[]
  prefix: boolean
}

const toPhrases = (text: readonly string[], split: (text: string) => string[]): Phrase[] =>
  text
    .map(split)
    .filter((words) => words.length > 0)
    .map((words) => ({ words, prefix: words.at(-1)!.length >= PREFIX_FROM }))

/** A question to FTS5 for calls that have all of `text`; the last word of each may be the beginning of one. null: no word in it. */
export const toFtsQuery = (text: readonly string[]): string | null => {
  const phrases = toPhrases(text, toWords).map(({ words, prefix }) => `"${words.join(' ')}"${prefix ? ' *' : ''}`)
  return phrases.length === 0 ? null : `text : (${phrases.join(' AND ')})`
}

/** The same question as a Postgres tsquery. Lexemes are quoted, so nothing in them is syntax. */
export const toTsQuery = (text: readonly string[]): string | null => {
  const phrases = toPhrases(text, toFoldedWords).map(
    ({ words, prefix }) =>
      `(${words.map((word, i) => `'${word}'${prefix && i === words.length - 1 ? ':*' : ''}`).join(' <-> ')})`,
  )
  return phrases.length === 0 ? null : phrases.join(' & ')
}

/** Postgres keeps positions up to 16,383, 256 a word, and 1 MB a vector: what comes after is found without its place in a phrase. */
const POSITIONS = 16_383
const PLACES_A_WORD = 256
const VECTOR_MAX = 500_000

/** Text as a tsvector literal. */
export const toTsVector = (text: string): string => {
  const places = new Map<string, number[]>()
  let size = 0
  toFoldedWords(text).forEach((lexeme, i) => {
    const known = places.get(lexeme)
    if (known) return void (known.length < PLACES_A_WORD && known.push(Math.min(i + 1, POSITIONS)))
    size += lexeme.length * 4 + 8
    if (size < VECTOR_MAX) places.set(lexeme, [Math.min(i + 1, POSITIONS)])
  })
  return [...places].map(([word, at]) => `'${word}':${at.join(',')}`).join(' ')
}

/** An id as one word that no tokenizer takes apart; two ids that differ only in punctuation meet, so hits are compared again. */
export const toIdWord = (id: string): string => `id${id.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')}`
