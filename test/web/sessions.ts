/** Made-up sessions for the browser tests: an agent that turns in circles with a sub-agent, a long one, many small ones; and findings. */
import { toCall } from '../api/house.ts'
import type { SessionItem, SessionPage, Step } from '../../db/queries/session-item.ts'
import { toListItem } from '../../server/api/list-item.ts'
import type { Call } from '../../server/call.ts'
import type { Finding } from '../../server/loops/finding.ts'
import { tokensIn, tokensOut } from '../../web/lib/format.ts'

const SAID = ['Which fares are refundable?', 'I found two options that match.', 'The earlier one, please.']

/** 39 steps: a planner, a searcher below it, then the same search again and again. */
export function makeRunaway(now: number, sessionId = 'refund-7f2'): { calls: Call[]; finding: Finding } {
  let at = now - 260_000
  const calls = Array.from({ length: 39 }, (_, i) => {
    const searcher = i > 8 && i < 18
    const loop = i >= 30
    const durationMs = 2_200 + ((i * 977) % 2_900)
    const input = searcher ? 1_400 + (i - 9) * 310 : 2_100 + i * (loop ? 90 : 340)
    const cacheRead = i === 18 ? 0 : Math.floor(input * 0.72)
    const tool = loop ? 'search_flights' : ['get_user', 'search_flights', null][i % 3]
    const call = toCall({
      startedAt: at,
      durationMs,
      firstTokenMs: durationMs * 0.2,
      sessionId,
      sessionSource: 'conversation',
      lane: searcher ? '5d0c9f2ab1' : '0a1b2c3d4e',
      turn: i + 1,
      provider: 'anthropic',
      model: searcher ? 'claude-haiku-4-5' : 'claude-sonnet-4-5',
      user: 'ann',
      app: 'checkout-agent',
      usage: { input: input - cacheRead, cacheRead, output: 60 + ((i * 31) % 90) },
      costNano: 20_000_000 + i * 9_000_000,
      toolCalls: tool ? [tool] : [],
      preview: tool ? `→ ${tool}` : SAID[i % 3]!,
      newFrom: i * 2,
      mark: i === 24 ? 'regenerated' : null,
      cacheBreak: i === 18 ? { message: 0, what: 'the system prompt changed', costNano: 31_000_000 } : null,
      findings: loop ? ['f_1'] : [],
      ...(i === 21 && {
        outcome: 'error' as const,
        status: 529,
        errorMessage: 'Overloaded',
        usage: null,
        costNano: null,
        toolCalls: [],
      }),
    })
    at += durationMs + (tool ? 900 + ((i * 433) % 1_800) : 250)
    return call
  })
  for (const [i, call] of calls.entries()) call.parentId = calls[i - 1]?.id ?? null
  const ids = calls.slice(30).map(({ id }) => id)
  return { calls, finding: makeFinding({ sessionId, callIds: ids, firstAt: calls[30]!.startedAt, lastAt: at }) }
}

export const makeFinding = (part: Partial<Finding> = {}): Finding => ({
  id: 'f_1',
  verdict: 'looping',
  rules: ['repeat', 'echo'],
  sessionId: 'refund-7f2',
  lane: '0a1b2c3d4e',
  callIds: [],
  evidence: [
    {
      rule: 'repeat',
      text: 'search_flights was called 9 times in a row with the same arguments and the same result',
      callIds: part.callIds ?? [],
      repeated: '{ "from": "SFO", "to": "JFK", "date": "2026-11-31" }  →  { "flights": [] }',
    },
    { rule: 'echo', text: 'the new part of 8 turns was 97 % alike', callIds: part.callIds ?? [], repeated: null },
  ],
  spentNano: 2_610_000_000,
  state: 'open',
  action: 'alert',
  firstAt: 0,
  lastAt: 0,
  ...part,
})

export const makeFindings = (now: number): Finding[] => [
  makeFinding({ callIds: ['a', 'b', 'c'], firstAt: now - 90_000, lastAt: now - 8_000 }),
  makeFinding({
    id: 'f_2',
    verdict: 'runaway',
    rules: ['cycle', 'velocity'],
    sessionId: '0193a8c2-77d1-7b3e-9f10-a2b4c6d8e0f1',
    callIds: Array.from({ length: 64 }, (_, i) => `c${i}`),
    evidence: [
      {
        rule: 'cycle',
        text: 'read_file, edit_file and run_tests came round 16 times with the same results',
        callIds: [],
        repeated: null,
      },
      { rule: 'velocity', text: '$7.20 a minute, 5 times this agent’s own median', callIds: [], repeated: null },
    ],
    spentNano: 41_870_000_000,
    action: 'block',
    firstAt: now - 1_500_000,
    lastAt: now - 720_000,
  }),
  makeFinding({
    id: 'f_3',
    verdict: 'watch',
    rules: ['ramp'],
    sessionId: 'night-crawl-4',
    evidence: [{ rule: 'ramp', text: 'the context grew for 14 turns, 8 % of it new', callIds: [], repeated: null }],
    spentNano: null,
    action: 'mark',
    firstAt: now - 9_000_000,
    lastAt: now - 7_200_000,
  }),
  makeFinding({ id: 'f_4', state: 'muted', sessionId: 'poller-1', firstAt: now - 8e7, lastAt: now - 7e7 }),
]

/** The questions about sessions, answered from an array of calls: plain and slow. */
export function createSessionAnswers(calls: () => Call[], findings: () => Finding[]) {
  const sessions = () =>
    [
      ...Map.groupBy(
        calls().filter((call) => call.sessionId !== null),
        (call) => call.sessionId as string,
      ),
    ]
      .map(([id, own]) =>
        toItem(
          id,
          own.toSorted((a, b) => a.startedAt - b.startedAt),
          findings(),
        ),
      )
      .sort((a, b) => b.lastAt - a.lastAt)
  return {
    listSessions: ({ q = '', limit = 50, cursor, from, to }: any) => {
      const fits = (item: SessionItem) =>
        item.lastAt >= from && item.startedAt < to && (q === '' || JSON.stringify(item).includes(q.split(':').at(-1)))
      const all = sessions().filter(fits)
      const start = Number(cursor ?? 0)
      const next = start + limit < all.length ? String(start + limit) : null
      return { items: all.slice(start, start + limit), next, incomplete: null }
    },
    getSession: ({ id, cursor, limit = 500 }: any): SessionPage | null => {
      const own = calls()
        .filter((call) => call.sessionId === id)
        .sort((a, b) => a.startedAt - b.startedAt)
      if (own.length === 0) return null
      const start = Number(cursor ?? 0)
      const lanes = [...Map.groupBy(own, ({ lane }) => lane)]
      return {
        session: toItem(id, own, findings()),
        lanes: lanes.map(([lane, some], i) => ({
          lane,
          parentLane: i === 0 ? null : lanes[0]![0],
          name: i === 0 ? 'main' : `agent ${i + 1}`,
          calls: some.length,
          costNano: null,
        })),
        steps: own.slice(start, start + limit).map(toStep),
        next: start + limit < own.length ? String(start + limit) : null,
      }
    },
    listFindings: ({ states, sessionId }: any) => ({
      items: findings().filter(
        (one) => (!states || states.includes(one.state)) && (!sessionId || one.sessionId === sessionId),
      ),
      next: null,
    }),
    stepPlace: ({ id, callId }: any) => {
      const own = calls()
        .filter((call) => call.sessionId === id)
        .sort((a, b) => a.startedAt - b.startedAt)
      const at = own.findIndex((call) => call.id === callId)
      if (at < 0) return null
      return { step: at + 1, steps: own.length, previous: own[at - 1]?.id ?? null, next: own[at + 1]?.id ?? null }
    },
  }
}

function toStep(call: Call): Step {
  const { id, startedAt, usage, ...rest } = toListItem(call)
  return {
    ...rest,
    callId: id,
    at: startedAt,
    inputTokens: tokensIn(usage),
    outputTokens: tokensOut(usage),
    cacheRead: usage?.cacheRead ?? null,
    unpriced: call.costNano === null && usage !== null,
  }
}

function toItem(id: string, calls: Call[], findings: Finding[]): SessionItem {
  const sum = (of: (call: Call) => number | null | undefined) => calls.reduce((n, call) => n + (of(call) ?? 0), 0)
  const names = (of: (call: Call) => string | null) => [...new Set(calls.flatMap((call) => of(call) ?? []))]
  const last = calls.at(-1)!
  return {
    id,
    source: last.sessionSource,
    startedAt: calls[0]!.startedAt,
    lastAt: last.startedAt,
    calls: calls.length,
    turns: calls.filter((call) => !call.auxiliary).length,
    lanes: names((call) => call.lane ?? 'main').length,
    models: names((call) => call.model),
    providers: names((call) => call.provider),
    errors: calls.filter((call) => call.outcome === 'error').length,
    costNano: calls.some((call) => call.costNano !== null) ? sum((call) => call.costNano) : null,
    unpriced: calls.filter((call) => call.costNano === null && call.usage !== null).length,
    inputTokens: sum((call) => tokensIn(call.usage)),
    outputTokens: sum((call) => tokensOut(call.usage)),
    cacheRead: sum((call) => call.usage?.cacheRead),
    findings: findings
      .filter((one) => one.sessionId === id)
      .map(({ id: own, verdict, state }) => ({ id: own, verdict, state })),
    user: names((call) => call.user)[0] ?? null,
    key: names((call) => call.key)[0] ?? null,
    app: names((call) => call.app)[0] ?? null,
    preview: last.preview,
    growth: calls
      .filter((call) => call.lane === calls[0]!.lane)
      .flatMap((call) => tokensIn(call.usage) ?? [])
      .slice(-24),
  }
}
