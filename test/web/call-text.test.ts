// Untrusted text as text: what hides is shown, JSON is laid out without being rewritten, markdown is bounded, colours cost linear time.
import { expect, test } from 'vitest'
import { clamp } from '../../web/parts/call/text/clamp.ts'
import { highlight } from '../../web/parts/call/text/highlight.ts'
import { layOutJson } from '../../web/parts/call/text/json.ts'
import { decodeReferences, readMarkdown, safeHref, shortTarget } from '../../web/parts/call/text/markdown.ts'
import { toVisible, toVisibleText } from '../../web/parts/call/text/visible.ts'
import { fileName, toDataUrl } from '../../web/parts/call/conversation/media.ts'

test('terminal escapes, bidi overrides and tag characters become marks; what writing needs stays', () => {
  expect(toVisibleText('\u001b[31mred\u0007')).toBe('⟨ESC⟩[31mred⟨BEL⟩')
  expect(toVisibleText('a\u202eb\u2069')).toBe('a⟨RLO⟩b⟨PDI⟩')
  expect(toVisibleText('x\u{e0068}\u{e0069}')).toBe('x⟨tags: hi⟩')
  for (const plain of ['tab\tand\nline', '👩‍👩‍👧', 'می‌خواهم', 'שלום\u200f', ''])
    expect(toVisible(plain)).toEqual([{ text: plain, mark: null }])
  expect(toVisibleText('dos\r\nline\rcr')).toBe('dos\nline⟨CR⟩cr')
})

test('JSON is laid out as it was sent: long numbers, duplicate keys and escapes stay', () => {
  expect(layOutJson('{"a":12345678901234567890,"a":"\\u00e9","b":[],"c":{}}')).toBe(
    '{ "a": 12345678901234567890, "a": "\\u00e9", "b": [], "c": {} }',
  )
  const long = layOutJson(
    JSON.stringify({ list: Array.from({ length: 40 }, (_, i) => `item ${i}`), deep: { a: { b: 1 } } }),
  )!
  expect(JSON.parse(long).list).toHaveLength(40)
  expect(long).toContain('\n  "deep": { "a": { "b": 1 } }\n')
  expect([layOutJson('not json'), layOutJson('{"cut":'), layOutJson('"text"')]).toEqual([null, null, null])
})

test('laying out and colouring a megabyte take time in proportion to it', () => {
  const text = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ i, s: 'x'.repeat(20), n: [[[]]] })))
  const from = process.cpuUsage()
  layOutJson(text)
  highlight('"'.repeat(50_000) + "'''`/*", 'ts')
  expect(process.cpuUsage(from).user).toBeLessThan(2_000_000)
})

test('markdown that would stop a reader is left as text', () => {
  expect(readMarkdown('>'.repeat(5000))).toBeNull()
  expect(readMarkdown('['.repeat(5000))).toBeNull()
  expect(readMarkdown('a'.repeat(300_000))).toBeNull()
  expect(readMarkdown('- '.repeat(3) + 'x\n\n---\n\n- - -')).not.toBeNull()
  const from = process.cpuUsage()
  for (const bad of [
    '*a **b '.repeat(1500),
    '`'.repeat(150) + 'a '.repeat(4000),
    '<a '.repeat(3000),
    '|a'.repeat(3000) + '\n' + '|-'.repeat(3000),
    '![]('.repeat(1500),
  ])
    readMarkdown(bad)
  expect(process.cpuUsage(from).user).toBeLessThan(4_000_000)
})

test('links lead to the web or nowhere, and say where', () => {
  expect(
    ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '/api/calls', 'vbscript:x', ' jAvascript:x'].map(
      safeHref,
    ),
  ).toEqual([null, null, null, null, null, null])
  expect(safeHref('https://a.example/x?y=1')).toBe('https://a.example/x?y=1')
  expect(shortTarget('https://user@a.example/x?y=1')).toBe('a.example/x?y=1')
  expect(decodeReferences('&lt;b&gt; &#65; &#x42; &unknown; &amp;lt;')).toBe('<b> A B &unknown; &lt;')
})

test('code is coloured without changing a character', () => {
  const code = 'def f(x): # say "hi"\n  return "a # b" + str(0x1f) // None'
  for (const language of ['python', 'ts', 'sql', 'json', 'sh', 'yaml', null, 'klingon'])
    expect(
      highlight(code, language)
        .map((t) => t.text)
        .join(''),
    ).toBe(code)
  expect(
    highlight(code, 'python')
      .filter((t) => t.kind !== 'plain')
      .map((t) => t.kind),
  ).toEqual(['word', 'comment', 'word', 'string', 'number', 'word'])
  expect(
    highlight('{"k": "v", "n": 1}', 'json')
      .filter((t) => t.kind !== 'plain')
      .map((t) => t.text),
  ).toEqual(['"k"', '"n"', '1'])
})

test('a long text is cut at a line, never inside a character, and nothing is lost', () => {
  const text = 'word word word\n'.repeat(1000)
  const { shown, rest } = clamp(text, 0)
  expect(shown.length + rest).toBe(text.length)
  expect(text[shown.length]).toBe('\n')
  expect(clamp('😀'.repeat(3000), 0).shown.isWellFormed()).toBe(true)
  expect(clamp('short', 0).rest).toBe(0)
})

test('pictures are shown by what their bytes are, not by what they are called', () => {
  const media = (mediaType: string, bytes: string | Buffer, kind: 'image' | 'audio' | 'file' = 'image') => ({
    type: 'media' as const,
    kind,
    mediaType,
    data: Buffer.from(bytes).toString('base64'),
  })
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  expect(toDataUrl(media('image/jpeg', png))).toMatch(/^data:image\/png;base64,/)
  for (const bad of [
    media('image/svg+xml', '<svg onload=x>'),
    media('image/png', '<script>'),
    media('text/html', '<script>', 'audio'),
    media('application/pdf', '%PDF', 'file'),
  ])
    expect(toDataUrl(bad)).toBeNull()
  expect(fileName({ ...media('image/jpeg', png), name: undefined })).toBe('image.jpg')
})
