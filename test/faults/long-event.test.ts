// Where Weir takes its own usage event out again, it must look at whole events. One that does not end must not be held for ever: an
// event of megabytes passes on while it comes, in bounded memory and without scanning it again with each piece.
import { expect, test } from 'vitest'
import { createUsageFilter } from '../../server/gateway/inject-usage.ts'
import { seeded, upTo } from '../support/random.ts'

const USAGE = 'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
const PIECE = 16 * 1024

function filtered(text: string, size: () => number): { out: string; mostHeld: number } {
  const filter = createUsageFilter()
  const bytes = Buffer.from(text)
  let out = ''
  let mostHeld = 0
  let given = 0
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + size())
    at += piece.length
    given += piece.length
    out += filter.push(piece).toString('latin1')
    mostHeld = Math.max(mostHeld, given - out.length)
  }
  return { out: out + filter.end().toString('latin1'), mostHeld }
}

test('a line of 8 MB passes while it comes; the usage event after it is still taken out', () => {
  const long = `data: {"choices":[{"delta":{"content":"${'x'.repeat(8 * 1024 * 1024)}"}}]}\n\n`
  const { out, mostHeld } = filtered(`${long}${USAGE}data: [DONE]\n\n`, () => PIECE)
  expect(out.length).toBe(long.length + 'data: [DONE]\n\n'.length)
  expect(out.endsWith('"}}]}\n\ndata: [DONE]\n\n')).toBe(true)
  expect(mostHeld).toBeLessThan(256 * 1024)
})

test('cut anywhere, nothing but the usage event is missing', () => {
  const random = seeded(11)
  const before = `data: {"a":1}\n\n: ping\n\ndata: {"big":"${'y'.repeat(70_000)}"}\r\n\r\nevent: x\ndata: {"b":2}\n\n`
  const after = 'data: [DONE]\n\n'
  for (let round = 0; round < 200; round++) {
    const { out } = filtered(before + USAGE + after, () => 1 + upTo(random, round % 2 ? 40_000 : 400))
    expect(out).toBe(before + after)
  }
})
