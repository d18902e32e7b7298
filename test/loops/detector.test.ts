// What detection keeps of a run, call by call: one finding a loop, whatever is stored twice, restarted, muted or kept secret.
import { expect, test } from 'vitest'
import { createDetector, type Detector, type Seeing } from '../../server/loops/detector.ts'
import type { Finding } from '../../server/loops/finding.ts'
import type { LoopSettings } from '../../server/loops/settings.ts'
import type { Turn } from '../../server/sessions/turn.ts'
import { ask, result, SETTINGS, text, toTurns, type Move } from './runs.ts'

const looping = (turns: number, call: Move['call'] = {}): Turn[] =>
  toTurns(
    Array.from({ length: turns }, (_, i) => ({
      news: i === 0 ? [text('user', 'Find it.')] : [result(`t${i - 1}`, 'nothing found')],
      answer: ask(`t${i}`, 'search', '{"q":"weir","n":1}'),
      after: 1000,
      call,
    })),
    'run',
  )

const open = (settings: Partial<LoopSettings> = {}, known: Finding | null = null): Detector =>
  createDetector({ settings: { ...SETTINGS, ...settings }, loopKey: new Uint8Array(4), known: async () => known })

async function lookAll(detector: Detector, turns: readonly Turn[]): Promise<Seeing[]> {
  const all: Seeing[] = []
  for (const turn of turns) all.push(await detector.look([turn]))
  return all
}

test('the third same result opens a finding, with its calls and what was spent since the first repeat', async () => {
  const turns = looping(5)
  const [, , before, opened, more] = await lookAll(open(), turns)
  expect(before).toEqual({ findings: [], evidence: [], news: [] })
  expect(opened!.news).toMatchObject([{ change: 'opened', mark: null }])
  const ids = turns.map(({ call }) => call.id)
  expect(opened!.findings).toMatchObject([
    { verdict: 'looping', rules: ['repeat'], callIds: ids.slice(0, 4), spentNano: 3_000_000, state: 'open' },
  ])
  expect(opened!.evidence).toEqual([{ id: opened!.findings[0]!.id, callIds: ids.slice(0, 3) }])
  expect(turns[3]!.call.findings).toEqual([opened!.findings[0]!.id])
  expect(more!.findings).toMatchObject([{ callIds: ids, spentNano: 4_000_000 }])
  expect(more!.news).toMatchObject([{ change: 'more' }])
})

test('a batch of many calls is like many batches of one', async () => {
  const turns = looping(5)
  const { findings, evidence } = await open().look(turns)
  expect(evidence).toEqual([])
  expect(findings).toMatchObject([{ callIds: turns.map(({ call }) => call.id), spentNano: 4_000_000 }])
  expect(turns.map(({ call }) => call.findings.length)).toEqual([1, 1, 1, 1, 1])
})

test('a call that is stored again counts once', async () => {
  const turns = looping(4)
  const detector = open()
  await lookAll(detector, [turns[0]!, turns[1]!, turns[1]!, turns[2]!, turns[2]!])
  const [seen] = await lookAll(detector, [turns[3]!])
  const [again] = await lookAll(detector, [turns[3]!])
  expect(again!.findings).toEqual(seen!.findings)
  expect(seen!.findings).toMatchObject([{ spentNano: 3_000_000 }])
})

test('after a restart the loop is found again, and joins the finding that is there, with what people said of it', async () => {
  const turns = looping(10, { key: 'ci' })
  const settings = { action: 'block' } as const
  const first = (await lookAll(open(settings), turns.slice(0, 5))).at(-1)!.findings[0]!
  const after = (await lookAll(open(settings, { ...first, state: 'muted' }), turns.slice(5))).at(-1)!
  expect(after.findings).toMatchObject([{ id: first.id, state: 'muted', callIds: turns.map(({ call }) => call.id) }])
  expect(after.news).toMatchObject([{ change: 'more', mark: null }])
})

test('muted: nothing is acted on; reopened: it is; resolved: the lane begins anew', async () => {
  const detector = open({ action: 'block' })
  const turns = looping(12)
  const [opened] = (await lookAll(detector, turns.slice(0, 4))).slice(-1)
  const { id } = opened!.findings[0]!
  expect(opened!.news[0]!.mark).toMatchObject({ sessionId: 'run' })
  detector.mark(id, 'muted')
  expect((await detector.look([turns[4]!])).news[0]!.mark).toBeNull()
  detector.mark(id, 'open')
  expect((await detector.look([turns[5]!])).news[0]!.mark).not.toBeNull()
  detector.mark(id, 'resolved')
  const anew = await lookAll(detector, turns.slice(6))
  expect(anew.slice(0, 3).flatMap(({ findings }) => findings)).toEqual([])
  const [next] = anew[3]!.findings
  expect(next!.id).not.toBe(id)
  expect(next!.callIds).toEqual(turns.slice(6, 10).map(({ call }) => call.id))
})

test('a step that is no repeat lets the run go', async () => {
  const turns = looping(5)
  const last = turns[4]!
  const answer = { ...last.answer!, messages: [text('assistant', 'I give up.')] }
  const seen = await lookAll(open({ action: 'block' }), [...turns.slice(0, 4), { ...last, answer }])
  expect(seen.at(-1)!.news).toMatchObject([{ change: 'calm', mark: null }])
})

test('below full capture a finding holds no content', async () => {
  const seen = await lookAll(open(), looping(5, { capture: 'metadata' }))
  const [finding] = seen.at(-1)!.findings
  expect(finding!.evidence[0]).toMatchObject({
    repeated: null,
    text: expect.stringContaining('search was called 5 times'),
  })
  expect(JSON.stringify(finding)).not.toMatch(/weir|nothing found/)
})

test('a key has its own rules; new settings hold from the next call on', async () => {
  const own = { ci: { action: 'block', rules: { ...SETTINGS.rules, repeat: { same: 6, any: 20 } } } } as const
  const detector = open({ keys: own })
  const seen = await lookAll(detector, looping(6, { key: 'ci' }))
  expect(seen.flatMap(({ findings }) => findings)).toEqual([])
  detector.configure({ ...SETTINGS, action: 'off' })
  expect(await lookAll(detector, looping(4))).toEqual(Array(4).fill({ findings: [], evidence: [], news: [] }))
  detector.configure(SETTINGS)
  expect((await lookAll(detector, looping(4))).at(-1)!.findings).toHaveLength(1)
})

test('what outruns money or a cap is a runaway', async () => {
  const dear = await lookAll(open(), looping(4, { costNano: 2_000_000_000 }))
  expect(dear.at(-1)!.findings).toMatchObject([{ verdict: 'runaway', rules: ['velocity', 'repeat'] }])
  const capped = open({ caps: { ...SETTINGS.caps, calls: 2 } })
  expect((await lookAll(capped, looping(3))).at(-1)!.findings).toMatchObject([{ verdict: 'runaway', rules: ['cap'] }])
})

test('lanes that were quiet for long are forgotten', async () => {
  const detector = createDetector({
    settings: SETTINGS,
    loopKey: new Uint8Array(4),
    known: async () => null,
    mostLanes: 2,
  })
  const turns = looping(4)
  await lookAll(detector, turns.slice(0, 3))
  for (const lane of ['x', 'y']) await lookAll(detector, looping(1, { lane }))
  expect((await detector.look([turns[3]!])).findings).toEqual([])
})
