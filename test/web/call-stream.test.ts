// The stream's story: pauses are found, the text is placed at the moment its bytes came, and raw events are shown as they stood.
import { expect, test } from 'vitest'
import { toEvents } from '../../web/parts/call/raw/sse.ts'
import { framesAt, toFrames } from '../../web/parts/call/stream/replay.ts'
import { toColumns, toStreamFacts } from '../../web/parts/call/stream/stream.ts'
import { cases } from './harness/cases/all.ts'

test.each(['anthropic', 'openaiChat', 'responses', 'gemini'])(
  '%s: the replayed text is the answer’s, each word no earlier than its piece',
  (name) => {
    const { raw, timeline, content } = cases[name]!
    const frames = toFrames(raw.response, timeline)
    const text = (kind: string) =>
      frames
        .filter((f) => f.kind === kind)
        .map((f) => f.text)
        .join('')
    const parts = content.answer!.messages.flatMap((m) => m.parts)
    expect(text('text')).toBe(
      parts
        .filter((p) => p.type === 'text')
        .map((p) => p.text)
        .join(''),
    )
    expect(frames.every((f, i) => i === 0 || f.atMs >= frames[i - 1]!.atMs)).toBe(true)
    const arrivals = new Set(timeline.pieces.map((p) => p.atMs))
    expect(frames.every((f) => arrivals.has(f.atMs))).toBe(true)
  },
)

test('the pause of the fixture is found, and columns keep every byte', () => {
  const { timeline } = cases.anthropic!
  const facts = toStreamFacts(timeline)!
  expect(facts.stalls).toHaveLength(1)
  expect(facts.stalls[0]!.toMs - facts.stalls[0]!.fromMs).toBeGreaterThan(1400)
  expect(toColumns(timeline, 100, 6800).reduce((a, b) => a + b, 0)).toBe(facts.bytes)
  expect(toStreamFacts({ pieces: [], firstTokenMs: null })).toBeNull()
})

test('a moment between two frames shows what had come by then', () => {
  const frames = [10, 20, 20, 30].map((atMs) => ({ atMs, text: 'x', kind: 'text' as const }))
  expect([0, 10, 25, 99].map((ms) => framesAt(frames, ms))).toEqual([0, 1, 3, 4])
})

test('events keep comments, names, several data lines and either line end', () => {
  const events = toEvents(
    ': ping\n\nevent: a\ndata: {"x":1}\n\ndata: one\r\ndata: two\r\n\r\ndata: cut',
    'text/event-stream',
  )
  expect(events).toEqual([
    { text: ': ping', name: null, data: null },
    { text: 'event: a\ndata: {"x":1}', name: 'a', data: '{"x":1}' },
    { text: 'data: one\r\ndata: two', name: null, data: 'one\ntwo' },
    { text: 'data: cut', name: null, data: 'cut' },
  ])
  expect(toEvents('{"a":1}\n{"b":2}\n', 'application/x-ndjson').map((e) => e.data)).toEqual(['{"a":1}', '{"b":2}'])
})
