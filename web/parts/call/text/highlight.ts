/**
 * Colours for code, in four classes, from one table: enough to read an answer by, in about one kilobyte (highlight.js with eight languages
 * is about 20 kB gzip, and gives HTML strings, which nothing here does). Unknown languages stay plain. One linear pass, no backtracking.
 */
export type Kind = 'plain' | 'comment' | 'string' | 'number' | 'word' | 'key'
export interface Token {
  kind: Kind
  text: string
}

/** Longer code is shown plain: a colour is not worth a slow page. */
const LONGEST = 60_000

const C_WORDS =
  'as async await break case catch class const continue default delete do else enum export extends extern finally fn for from func function go if impl implements import in instanceof interface let match mod mut namespace new of override package private protected public pub readonly return select self static struct super switch this throw throws trait try type typeof union unsafe use using var virtual void volatile where while with yield null undefined true false nil None int float double string bool boolean char long byte auto defer chan map'
const PY_WORDS =
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return self try while with yield None True False'
const SH_WORDS =
  'if then else elif fi for while until do done case esac in function return export local echo cd set source sudo exit'
const SQL_WORDS =
  'select from where and or not null is in like between join left right inner outer full on group by order having limit offset insert into values update set delete create table index view drop alter add primary key foreign references unique distinct as union all case when then else end exists with returning asc desc default true false'

const SLASHES = String.raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)`
const HASH = String.raw`#[^\n]*`
const QUOTES = String.raw`"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?`
const TICKS = String.raw`\`(?:[^\`\\]|\\[^])*\`?`
const TRIPLE = String.raw`"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)`
const NUMBER = String.raw`\b\d[\w.]*`

interface Grammar {
  comments: string
  strings: string
  words: string
  /** Data, not a program: names are set apart from their values, and texts are not coloured. */
  data?: boolean
  /** Key words in any case (SQL). */
  anyCase?: boolean
}
const C: Grammar = { comments: SLASHES, strings: `${QUOTES}|${TICKS}`, words: C_WORDS }
const PYTHON: Grammar = { comments: HASH, strings: `${TRIPLE}|${QUOTES}`, words: PY_WORDS }
const SHELL: Grammar = { comments: String.raw`(?<=^|\s)#[^\n]*`, strings: QUOTES, words: SH_WORDS }
const SQL: Grammar = {
  comments: String.raw`--[^\n]*|\/\*[^]*?(?:\*\/|$)`,
  strings: `'(?:[^']|'')*'?|"[^"\\n]*"?`,
  words: SQL_WORDS,
  anyCase: true,
}
const JSON_LIKE: Grammar = {
  comments: SLASHES,
  strings: String.raw`"(?:[^"\\\n]|\\.)*"?`,
  words: 'true false null',
  data: true,
}
const YAML: Grammar = {
  comments: String.raw`(?<=^|\s)#[^\n]*`,
  strings: QUOTES,
  words: 'true false null yes no',
  data: true,
}

const names = (list: string, grammar: Grammar) => list.split(' ').map((name) => [name, grammar] as const)
const GRAMMARS = new Map<string, Grammar>([
  ...names(
    'js jsx ts tsx javascript typescript mjs java kotlin kt swift go rust rs c cpp c++ csharp cs php scala dart svelte css scss',
    C,
  ),
  ...names('py python python3 ruby rb elixir r', PYTHON),
  ...names('sh bash shell zsh console dockerfile makefile', SHELL),
  ...names('sql postgresql sqlite mysql', SQL),
  ...names('json jsonc json5 jsonl', JSON_LIKE),
  ...names('yaml yml toml ini', YAML),
])

const patterns = (grammar: Grammar) =>
  new RegExp(`(${grammar.comments})|(${grammar.strings})|(${NUMBER})|([A-Za-z_]\\w*)`, 'gm')

export const highlight = (code: string, language: string | null): Token[] => {
  const grammar = GRAMMARS.get((language ?? '').toLowerCase())
  if (!grammar || code.length > LONGEST) return [{ kind: 'plain', text: code }]
  const words = new Set(grammar.words.split(' '))
  const isWord = (word: string) => words.has(grammar.anyCase ? word.toLowerCase() : word)
  const tokens: Token[] = []
  let from = 0
  for (const found of code.matchAll(patterns(grammar))) {
    const [text, comment, string, number, word] = found
    const after = found.index + text.length
    const kind = comment
      ? 'comment'
      : string
        ? kindOfString(grammar, code, after)
        : number
          ? 'number'
          : isWord(word!)
            ? 'word'
            : null
    if (!kind) continue
    if (found.index > from) tokens.push({ kind: 'plain', text: code.slice(from, found.index) })
    tokens.push({ kind, text })
    from = after
  }
  if (from < code.length) tokens.push({ kind: 'plain', text: code.slice(from) })
  return tokens
}

const kindOfString = (grammar: Grammar, code: string, after: number): Kind | null =>
  grammar.data ? (/^\s*:/.test(code.slice(after, after + 20)) ? 'key' : null) : 'string'
