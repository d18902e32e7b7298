// How the dashboard says figures, filters and changes: unknown stays unknown, small stays visible, an offer inserts what it shows.
import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../db/filter.ts'
import { grammarOffers, replaceLast, toWords, valueAsked, valueOffer } from '../../web/lib/complete.ts'
import {
  join,
  toBytes,
  toCount,
  toDuration,
  tokensIn,
  tokensOut,
  toMoney,
  toPercent,
  toShort,
} from '../../web/lib/format.ts'
import { looksLikeId } from '../../web/lib/ids.ts'
import { VIEWS } from '../../web/lib/views.ts'
import { fitting, USUAL } from '../../web/parts/calls/columns.ts'
import { toChange } from '../../web/parts/overview/kpis.ts'

describe('figures', () => {
  test.each([
    [null, '—'],
    [0, '$0'],
    [20, '<$0.000001'],
    [45_000, '$0.000045'],
    [12_400_000, '$0.0124'],
    [182_400_000_000, '$182.40'],
    [1_250_000_000_000_000, '$1.3 M'],
    [-4_400_000_000, '−$4.40'],
  ])('%s nano-dollars are %s', (nano, text) => expect(toMoney(nano)).toBe(text))

  test.each([
    [null, '—'],
    [0.21, '0.21 ms'],
    [84, '84 ms'],
    [320, '0.32 s'],
    [6800, '6.8 s'],
    [125_000, '2:05 min'],
    [7_380_000, '2:03 h'],
  ])('%s ms are %s', (ms, text) => expect(join(toDuration(ms))).toBe(text))

  test('counts, shares and sizes', () => {
    expect(toCount(null)).toBe('—')
    expect(toCount(48_213)).toBe('48,213')
    expect(join(toShort(91_600_000))).toBe('91.6 M')
    expect(join(toPercent(0.0042))).toBe('0.42 %')
    expect(join(toPercent(null))).toBe('—')
    expect(join(toBytes(1_300_000_000))).toBe('1.3 GB')
  })

  test('tokens are the sum of what is known, and unknown when nothing is', () => {
    expect(tokensIn({ input: 10, cacheRead: 5 })).toBe(15)
    expect(tokensOut({ input: 10 })).toBeNull()
    expect(tokensIn(null)).toBeNull()
  })

  test('a change needs both sides', () => {
    expect(toChange(112, 100)).toBe('+12 %')
    expect(toChange(95.5, 100)).toBe('−4.5 %')
    expect(toChange(100, 100)).toBe('±0')
    expect(toChange(5, 0)).toBe('')
    expect(toChange(null, 10)).toBe('')
    expect(toChange(2000, 100)).toBe('× 20')
  })
})

describe('the filter bar', () => {
  test('every built-in view is a filter that can be read', () => {
    for (const view of VIEWS) expect(parseFilter(view.q).problems).toEqual([])
  })

  test('every whole offer of the grammar makes a term that can be read', () => {
    for (const field of ['status:', 'cost:', 'duration:', 'tokens:', 'stream:', 'outcome:', 'has:', 'cache:'])
      for (const offer of grammarOffers(field, false)) {
        const parsed = parseFilter(replaceLast(field, offer.insert))
        expect(parsed.problems).toEqual([])
        expect(parsed.terms).toHaveLength(1)
      }
  })

  test('knows whose values are asked for, also behind a minus, a comma and a quote', () => {
    expect(valueAsked('refund model:gp')).toEqual({ field: 'model', prefix: 'gp', head: 'model:' })
    expect(valueAsked('-model:gpt-5,cl')).toEqual({ field: 'model', prefix: 'cl', head: '-model:gpt-5,' })
    expect(valueAsked('tag.feature:"check')).toEqual({ field: 'tag.feature', prefix: 'check', head: 'tag.feature:' })
    expect(valueAsked('http://x')).toBeNull()
  })

  test('a value with a space is quoted, and read back whole', () => {
    const { insert } = valueOffer('app:', 'openai-python 2.8', 3)
    expect(parseFilter(insert).terms[0]).toMatchObject({ field: 'app', value: '"openai-python 2.8"' })
  })

  test('chips speak', () => {
    const say = (q: string) =>
      Object.values(toWords(parseFilter(q).terms[0]!))
        .join(' ')
        .trim()
    expect(say('model:gpt-5.1')).toBe('model is gpt-5.1')
    expect(say('-provider:openai')).toBe('provider is not openai')
    expect(say('duration:>5s')).toBe('duration > 5s')
    expect(say('-has:toolcalls')).toBe('has no toolcalls')
    expect(say('user:""')).toBe('user is nothing')
    expect(say('tag.feature:a,b')).toBe('feature is a or b')
  })

  test('ids are told from words', () => {
    for (const id of [
      'chatcmpl-riverbed42',
      'resp_0123456789',
      'toolu_01Xk9',
      '0192f3a4-7c1e-7b2a-9d3e-0123456789ab',
      '4bf92f3577b34da6a3ce929d0e0e4736',
    ])
      expect(looksLikeId(id), id).toBe(true)
    for (const word of ['refund', 'refund policy', 'gpt-5.1', 'call me', '2026'])
      expect(looksLikeId(word), word).toBe(false)
  })
})

test('columns give way in a fixed order as the room shrinks, and the message is the last to go', () => {
  const ids = (width: number) => fitting(USUAL, width).map((c) => c.id)
  expect(ids(1200)).toEqual(USUAL)
  expect(ids(660)).toEqual(['time', 'model', 'preview', 'duration', 'tokens', 'cost'])
  expect(ids(450)).toEqual(['time', 'model', 'preview', 'duration'])
  expect(ids(50)).toEqual(['preview'])
})
