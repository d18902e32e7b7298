/** The questions of the API answered from an array: plain and slow, which is enough for a browser test. */
import { formatFilter, parseFilter } from '../../db/filter.ts'
import type { Totals } from '../../db/queries/overview.ts'
import { matches } from '../../server/api/match.ts'
import { toListItem } from '../../server/api/list-item.ts'
import { ApiError } from '../../server/api/problem.ts'
import type { Call } from '../../server/call.ts'

interface About {
  q?: string
  from: number
  to: number
}
type Any = any

const FAILED = new Set(['error', 'upstream_abort', 'timeout', 'interrupted'])
const isFailed = (call: Call) => FAILED.has(call.outcome)
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const tokensOf = ({ usage: u }: Call) =>
  u ? (u.input ?? 0) + (u.cacheRead ?? 0) + (u.output ?? 0) + (u.reasoning ?? 0) : 0
const quantile = (values: number[], p: number) =>
  values.length === 0 ? null : values.sort((a, b) => a - b)[Math.floor((values.length - 1) * p)]!
const percentiles = (values: number[]) => ({
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  p99: quantile(values, 0.99),
})

const valueOf = (call: Call, by: string): string | null =>
  by.startsWith('tag.')
    ? (call.tags[by.slice(4)] ?? null)
    : ((call as Any)[by === 'session' ? 'sessionId' : by] ?? null)

/** `matches` is for calls that are not stored: it knows no cost and no tokens. Here they are known. */
const fits = (q: string | undefined, call: Call): boolean => {
  const filter = parseFilter(q ?? '')
  const money = filter.terms.filter(
    (t) => ['cost', 'unpriced'].includes(t.field) || (t.field === 'has' && t.value === 'cost'),
  )
  const rest = { ...filter, terms: filter.terms.filter((t) => !money.includes(t)) }
  return (
    matches(rest, call) &&
    money.every((t) =>
      t.field === 'unpriced'
        ? call.costNano === null && call.usage !== null
        : call.costNano !== null && (t.field === 'has' || call.costNano > Number(t.value) * 1e9),
    )
  )
}

const METRIC: Record<string, (calls: Call[]) => number | null> = {
  calls: (c) => c.length,
  errors: (c) => c.filter(isFailed).length,
  cost: (c) => sum(c.map((x) => x.costNano ?? 0)),
  tokens: (c) => sum(c.map(tokensOf)),
  latency: (c) =>
    quantile(
      c.map((x) => x.durationMs ?? 0),
      0.95,
    ),
  ttft: (c) =>
    quantile(
      c.flatMap((x) => x.firstTokenMs ?? []),
      0.95,
    ),
}

/** `calls` is read anew at each question, newest first. */
export function createAnswers(calls: () => Call[]) {
  const within = ({ q, from, to }: About) =>
    calls().filter((c) => c.startedAt >= from && c.startedAt < to && fits(q, c))
  const groups = (list: Call[], by: string | null) => Map.groupBy(list, (call) => (by ? valueOf(call, by) : null))
  const one = (id: string) => calls().find((c) => c.id === id) ?? null

  const totals = (list: Call[]): Totals => ({
    calls: list.length,
    errors: list.filter(isFailed).length,
    refused: 0,
    aborted: list.filter((c) => c.outcome === 'client_abort').length,
    costNano: list.some((c) => c.costNano !== null) ? METRIC.cost!(list) : list.length > 0 ? null : 0,
    listNano: METRIC.cost!(list),
    unpricedCalls: list.filter((c) => c.costNano === null && c.usage !== null).length,
    estimatedNano: 0,
    estimatedCalls: list.filter((c) => c.usageSource === 'estimated').length,
    tokens: {
      input: sum(list.map((c) => c.usage?.input ?? 0)),
      cacheRead: sum(list.map((c) => c.usage?.cacheRead ?? 0)),
      cacheWrite: null,
      output: sum(list.map((c) => c.usage?.output ?? 0)),
      reasoning: sum(list.map((c) => c.usage?.reasoning ?? 0)),
    },
    cacheHits: 0,
    savedNano: 0,
    durationMs: percentiles(list.map((c) => c.durationMs ?? 0)),
    firstTokenMs: percentiles(list.flatMap((c) => c.firstTokenMs ?? [])),
    tokensPerSecond: 70,
  })

  return {
    listCalls: ({ limit = 100, cursor, ...about }: About & Any) => {
      const all = within(about)
      const start = cursor ? Number(cursor) : 0
      return {
        items: all.slice(start, start + limit).map(toListItem),
        next: start + limit < all.length ? String(start + limit) : null,
        incomplete: null,
      }
    },
    countCalls: (about: About) => ({ count: within(about).length, capped: false }),
    getCall: ({ id }: Any) => one(id),
    findId: ({ id }: Any) =>
      calls()
        .filter((c) => c.id === id || c.responseId === id)
        .slice(0, 1)
        .map((c) => ({ kind: 'call', id: c.id })),
    histogram: ({ buckets, ...about }: About & Any) => {
      const step = Math.ceil((about.to - about.from) / buckets / 1000) * 1000
      const start = Math.floor(about.from / step) * step
      const points = Array.from({ length: Math.ceil((about.to - start) / step) }, (_, i) => ({
        at: start + i * step,
        calls: 0,
        errors: 0,
      }))
      for (const call of within(about)) {
        const point = points[Math.floor((call.startedAt - start) / step)]
        if (!point) continue
        point.calls++
        if (isFailed(call)) point.errors++
      }
      return { step, points, incomplete: null }
    },
    overview: (about: About) => {
      const span = about.to - about.from
      return {
        now: totals(within(about)),
        before: totals(within({ ...about, from: about.from - span, to: about.from })),
        exact: true,
        incomplete: null,
      }
    },
    series: ({ metric, by, step: asked, top = 6, ...about }: About & Any) => {
      const step =
        asked ?? [60_000, 900_000, 3_600_000, 21_600_000, 86_400_000].find((s) => (about.to - about.from) / s <= 100)!
      const start = Math.floor(about.from / step) * step
      const at = Array.from({ length: Math.ceil((about.to - start) / step) }, (_, i) => start + i * step)
      const measure = METRIC[metric]!
      const sorted = [...groups(within(about), by)].sort((a, b) => (measure(b[1]) ?? 0) - (measure(a[1]) ?? 0))
      const rest = sorted.slice(top).flatMap(([, list]) => list)
      const shown: { name: string | null; list: Call[]; other?: true }[] = sorted
        .slice(0, top)
        .map(([name, list]) => ({ name, list }))
      if (rest.length > 0) shown.push({ name: null, list: rest, other: true })
      const put = (list: Call[]) => {
        const cells = at.map((): Call[] => [])
        for (const call of list) cells[Math.floor((call.startedAt - start) / step)]?.push(call)
        return cells.map(measure)
      }
      return {
        step,
        at,
        groups: shown.map(({ name, list, other }) => ({
          name,
          total: measure(list),
          values: put(list),
          ...(other && { other }),
        })),
        unpricedCalls: at.map(() => 0),
        exact: true,
        incomplete: null,
      }
    },
    top: ({ by, limit, ...about }: About & Any) => {
      const list = within(about)
      const all = METRIC.cost!(list) || 1
      const item = (name: string | null, some: Call[]) => {
        const { costNano, calls: n, errors, unpricedCalls } = totals(some)
        return {
          name,
          calls: n,
          errors,
          costNano,
          unpricedCalls,
          tokens: METRIC.tokens!(some),
          share: (costNano ?? 0) / all,
        }
      }
      const items = [...groups(list, by)]
        .map(([name, some]) => item(name, some))
        .sort((a, b) => (b.costNano ?? 0) - (a.costNano ?? 0))
      const rest = items.slice(limit)
      return {
        items: items.slice(0, limit),
        others:
          rest.length > 0
            ? {
                ...rest[0]!,
                name: null,
                costNano: sum(rest.map((r) => r.costNano ?? 0)),
                share: sum(rest.map((r) => r.share)),
                values: rest.length,
              }
            : null,
        exact: true,
        incomplete: null,
      }
    },
    suggest: ({ field, prefix, ...about }: About & Any) => ({
      values: [...groups(within(about), field)]
        .filter(([name]) => name?.startsWith(prefix))
        .map(([value, list]) => ({ value: value as string, calls: list.length }))
        .sort((a, b) => b.calls - a.calls),
    }),
    exportPage: ({ q, from, to }: About & Any) => ({
      bytes: new TextEncoder().encode(
        within({ q: formatFilter(parseFilter(q)), from, to })
          .map((c) => `${JSON.stringify(c)}\n`)
          .join(''),
      ),
      next: null,
    }),
    headers: () => ({
      request: [['content-type', 'application/json']],
      response: [['content-type', 'application/json']],
    }),
    timeline: () => ({
      pieces: Array.from({ length: 40 }, (_, i) => ({ atMs: 300 + i * 40, bytes: 90 })),
      firstTokenMs: 300,
    }),
    decodedPayload: () => ({ bytes: new TextEncoder().encode('{"model":"gpt-5.1"}'), truncated: false, binary: false }),
    callPayload: () => null,
    conversation: ({ id }: Any) => {
      const call = one(id)
      if (!call) throw new ApiError('not_found', 'There is no such call.')
      const message = (role: string, text: string) => ({ role, parts: [{ type: 'text', text }] })
      return {
        request: {
          model: call.model,
          stream: call.stream,
          messages: [message('system', 'You help with refunds.'), message('user', 'Can I still return order A-5519?')],
          tools: [],
          maxTokens: 1024,
          settings: {},
          user: null,
          session: null,
          previousId: null,
          metadata: {},
        },
        answer: {
          model: call.model,
          id: call.responseId,
          finishReason: call.finishReason,
          messages: [message('assistant', call.preview ?? '')],
          usage: call.usage,
          usageRaw: null,
          usageSource: 'provider',
          reportedCostNano: null,
          serviceTier: null,
          error: null,
          complete: true,
          events: null,
        },
        problem: null,
        expired: false,
      }
    },
  }
}
