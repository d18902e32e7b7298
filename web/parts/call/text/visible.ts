/**
 * Text from outside may hold characters that are not seen but act: terminal escapes, bidi overrides that show a line in another order
 * than it runs (Trojan Source, CVE-2021-42574), and Unicode tag characters that smuggle instructions past a reader. Here they become
 * visible marks. What writing needs (tab, newline, ZWJ in emoji, ZWNJ in Persian, left-to-right marks in Hebrew) stays as it is.
 */
export interface Stretch {
  text: string
  /** What the mark stands for, to be shown on hover; null for ordinary text. */
  mark: string | null
}

const NAMES: Record<number, [short: string, long: string]> = {
  0x202a: ['LRE', 'left-to-right embedding'],
  0x202b: ['RLE', 'right-to-left embedding'],
  0x202c: ['PDF', 'end of a direction override'],
  0x202d: ['LRO', 'left-to-right override'],
  0x202e: ['RLO', 'right-to-left override'],
  0x2066: ['LRI', 'left-to-right isolate'],
  0x2067: ['RLI', 'right-to-left isolate'],
  0x2068: ['FSI', 'first-strong isolate'],
  0x2069: ['PDI', 'end of a direction isolate'],
  0x200b: ['ZWSP', 'zero-width space'],
  0x2060: ['WJ', 'word joiner'],
  0xfeff: ['BOM', 'byte order mark'],
}

// A whole terminal sequence is one mark; a run of tag characters too.
const ACTING =
  // oxlint-disable-next-line no-control-regex
  /\u001b(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\u0007\u001b]{0,256}\u0007)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]|[\u{e0000}-\u{e007f}]+/gu

const C0 =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(
    ' ',
  )

const hex = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
const nameOf = (code: number) => NAMES[code]?.[0] ?? C0[code] ?? (code === 0x7f ? 'DEL' : hex(code))
/** Names in angle brackets rather than Unicode's control pictures: few fonts have those. */
// oxlint-disable-next-line no-control-regex
const spell = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `⟨${nameOf(c.charCodeAt(0))}⟩`)

const toMark = (found: string): Stretch => {
  const code = found.codePointAt(0)!
  if (code >= 0xe0000) {
    const hidden = [...found].map((c) => String.fromCodePoint(Math.max(0x20, c.codePointAt(0)! - 0xe0000))).join('')
    return { text: `⟨tags: ${hidden}⟩`, mark: 'invisible Unicode tag characters, spelled out' }
  }
  if (code === 0x1b) return { text: spell(found), mark: 'terminal escape sequence, shown and not obeyed' }
  return { text: `⟨${nameOf(code)}⟩`, mark: `${NAMES[code]?.[1] ?? 'control character'}, ${hex(code)}` }
}

/** The text in stretches; one stretch without a mark when there is nothing to show (the common case, found by one search). */
export const toVisible = (text: string): Stretch[] => {
  // CR LF is a line end like any other; a lone CR is not.
  const source = text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text
  const stretches: Stretch[] = []
  let from = 0
  for (const found of source.matchAll(ACTING)) {
    if (found.index > from) stretches.push({ text: source.slice(from, found.index), mark: null })
    stretches.push(toMark(found[0]))
    from = found.index + found[0].length
  }
  if (from < source.length || from === 0) stretches.push({ text: source.slice(from), mark: null })
  return stretches
}

/** The same as one plain string, for places that hold no markup: titles, labels. */
export const toVisibleText = (text: string) =>
  toVisible(text)
    .map((s) => s.text)
    .join('')
