/**
 * Markdown as a tree of tokens, never as a string of HTML: Markdown.svelte draws each token as an element of its own, so that nothing a model
 * writes can become markup, style, script, or a request. HTML in the source is shown as the text it is. marked reads; this file bounds it.
 */
import { Lexer, type Tokens } from 'marked'

/** Beyond this the text is shown as it stands: some inputs make any markdown reader quadratic. */
const LONGEST = 200_000
/** Quotes in lists in quotes …: deeper than any person writes, shallower than the stack. */
const DEEPEST = 24

export const readMarkdown = (text: string): Tokens.Generic[] | null => {
  if (text.length > LONGEST || isTooDeep(text)) return null
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text) as Tokens.Generic[]
  } catch {
    return null
  }
}

/** A line that opens many quotes or list levels, or a storm of brackets, before the reader recurses into it. */
const isTooDeep = (text: string) =>
  new RegExp(`^(?:[ \\t]*[>*+-]){${DEEPEST},}`, 'm').test(text.replace(/^[ \t]*([-*_])(?:[ \t]*\1)+[ \t]*$/gm, '')) ||
  /[[\]*_~`!(]{200,}/.test(text)

const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  mdash: '—',
  ndash: '–',
  hellip: '…',
  rarr: '→',
  larr: '←',
  times: '×',
  deg: '°',
}

/** marked leaves character references in text to the browser; without HTML they are ours to read. */
export const decodeReferences = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (all, decimal, hex, name) => {
        if (name) return NAMED[name] ?? all
        const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
        return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : all
      })
    : text

/** Where a link leads, when it is a place that a click may go to; null for javascript:, data:, relative and broken addresses. */
export const safeHref = (href: string): string | null => {
  try {
    const url = new URL(href)
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

/** `example.com/path…`: shown beside a link, since its words may say something else. */
export const shortTarget = (href: string): string => {
  const url = new URL(href)
  const target =
    url.protocol === 'mailto:' ? url.pathname : url.host + (url.pathname === '/' ? '' : url.pathname) + url.search
  return target.length > 60 ? `${target.slice(0, 59)}…` : target
}
