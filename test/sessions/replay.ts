/**
 * Recorded agent runs as calls of the journal: growing requests, 20 runs at a time, ended in another order than they began; and the
 * recorder's own steps over them: decode, thread, store.
 */
import { index } from '../../server/recorder/record.ts'
import { createSteps } from '../../server/recorder/steps.ts'
import { createHasher } from '../../server/sessions/chain.ts'
import { createThreader } from '../../server/sessions/threader.ts'
import type { Store } from '../../db/store.ts'
import type { JournaledCall, PartData } from '../../server/journal/entry.ts'
import type { AgentSession } from '../support/corpus.ts'
import { seeded, upTo } from '../support/random.ts'
import { attempt, end, recorderOptions, start } from '../recorder/calls.ts'
import type { Format } from './formats.ts'

export interface Told {
  /** Whose turn it is. */
  run: string
  call: JournaledCall
}

export interface ReplayOptions {
  atOnce?: number
  seed?: number
  /** A clock in the system prompt. */
  timestamp?: boolean
  /** A trace of its own for each call. */
  traced?: boolean
  /** Calls end in another order than they began: among so many neighbours. 1: in order. */
  shuffled?: number
}

const AT = Date.UTC(2026, 10, 20, 9)

/** All calls of all runs, in the order in which they end. */
export function replay(runs: readonly AgentSession[], format: Format, options: ReplayOptions = {}): Told[] {
  const { atOnce = 20, seed = 1, shuffled = 8 } = options
  const random = seeded(seed)
  const waiting = [...runs]
  const active: { run: AgentSession; turns: number[]; next: number }[] = []
  const told: Told[] = []
  for (;;) {
    while (active.length < atOnce && waiting.length > 0) {
      const run = waiting.shift()!
      const turns = run.messages.flatMap(({ role }, i) => (role === 'assistant' ? [i] : []))
      active.push({ run, turns, next: 0 })
    }
    const one = active[upTo(random, active.length)]
    if (!one) break
    told.push({
      run: one.run.id,
      call: toJournaled(one.run.messages, one.turns[one.next++]!, format, told.length, options),
    })
    if (one.next === one.turns.length) active.splice(active.indexOf(one), 1)
  }
  return inDisorder(told, shuffled, random)
}

/** Each takes a place at most `reach` away, as ends of calls that run side by side do. */
const inDisorder = (told: Told[], reach: number, random: () => number): Told[] =>
  told
    .map((one, i) => ({ one, at: i + random() * reach }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)

function toJournaled(
  messages: Record<string, unknown>[],
  turn: number,
  format: Format,
  n: number,
  { timestamp = false, traced = false }: ReplayOptions,
): JournaledCall {
  const startedAt = AT + n * 1000
  const callId = toId(startedAt, n)
  const asked = messages
    .slice(0, turn)
    .map((message) =>
      timestamp && message.role === 'system'
        ? { ...message, content: `It is ${new Date(startedAt).toISOString()}.\n${String(message.content)}` }
        : message,
    )
  const trace = ['traceparent', `00-${callId.replaceAll('-', '')}-00f067aa0ba902b7-01`]
  return {
    callId,
    start: start({
      startedAt,
      provider: format.provider,
      dialect: format.dialect,
      operation: format.operation,
      model: null,
      target: format.provider,
      path: `/${format.provider}${format.path}`,
      upstreamPath: format.path,
      headers: ['Content-Type', 'application/json', ...(traced ? trace : [])],
      credential: 'c1…0001',
    }),
    attempts: [attempt({ target: format.provider, startedAt })],
    request: [toPart('request', format.request(asked))],
    response: [toPart('response', format.answer(messages[turn]!, callId.slice(-12)))],
    end: end(),
  }
}

const toPart = (direction: 'request' | 'response', body: unknown): PartData => {
  const bytes = Buffer.from(JSON.stringify(body))
  return { direction, atMs: direction === 'request' ? 0.1 : 40, length: bytes.length, bytes }
}

const toId = (at: number, n: number): string => {
  const time = at.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`
}

export interface Found {
  callId: string
  run: string
  sessionId: string | null
}

const KEY = Buffer.alloc(32, 7)

/** What a recorder does with them, in batches of random size. `calls`: of how many its memory keeps the heads, twice. */
export async function record(
  told: readonly Told[],
  store: Store,
  { seed = 1, calls }: { seed?: number; calls?: number } = {},
): Promise<Map<string, string>> {
  const steps = createSteps(recorderOptions('unused'))
  const threader = createThreader({
    store: store.threads,
    hasher: createHasher(KEY),
    ...(calls === undefined ? {} : { calls }),
  })
  const random = seeded(seed)
  const runOf = new Map<string, string>()
  for (let at = 0; at < told.length;) {
    const batch = told.slice(at, (at += 1 + upTo(random, 24)))
    const rows = batch.map(({ call }) => steps.toRow(call, null))
    const sessions = await threader.place(rows.map(({ turn }) => turn))
    for (const { recorded, turn } of rows) index(recorded, turn)
    await store.record({ calls: rows.map(({ recorded }) => recorded), positions: [], open: [], sessions })
    for (const { run, call } of batch) runOf.set(call.callId, run)
  }
  return runOf
}

/**
 * Precision: of all calls, those whose session is mostly their run's. Recall: of all calls, those that are where most of their
 * run is. A call without a session counts against both.
 */
export function score(calls: readonly { id: string; sessionId: string | null }[], runOf: ReadonlyMap<string, string>) {
  const together = (key: (call: { id: string; sessionId: string | null }) => string, value: typeof key): number => {
    let right = 0
    for (const group of Map.groupBy(calls, key).values()) {
      right += Math.max(
        ...Map.groupBy(group, value)
          .values()
          .map((same) => same.length),
      )
    }
    return right / calls.length
  }
  const session = ({ id, sessionId }: { id: string; sessionId: string | null }) => sessionId ?? `none ${id}`
  const run = ({ id }: { id: string }) => runOf.get(id)!
  return { precision: together(session, run), recall: together(run, session) }
}
