/**
 * The past, made up: calls of the last two days (the dashboard compares a day with the one before), written into the journal of a new demo folder before Weir opens it, exactly as
 * the gateway would have written them. The recorder makes rows of them like of any other call, so nothing downstream knows.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { v7 } from 'uuid'
import type { Config } from '../config/config.ts'
import { attributeHeaders } from '../dialects/attribution.ts'
import { recognise } from '../dialects/registry.ts'
import { maskHeaders, presentedCredentials } from '../gateway/mask.ts'
import { createJournal } from '../journal/append.ts'
import type { EndMeta, Journal, StartMeta } from '../journal/entry.ts'
import { createProviders, type Providers } from '../providers/registry.ts'
import type { Answer } from './answer.ts'
import { shownKey } from './keys.ts'
import type { Random } from './random.ts'
import { runaway } from './scenarios/checkout.ts'
import { anyScenario } from './scenarios/mix.ts'
import { triesBefore } from './trouble.ts'
import type { Scenario, Turn } from './turn.ts'
import { toAttempt, toTries } from './tries.ts'
import { toRequest, wires } from './wire/registry.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A good two calls each, in the last 24 hours; the day before had fewer. */
const SCENARIOS = 1150
const DAY_BEFORE = 0.8
/** An hour in which a provider was overloaded, and when an agent ran in circles, before now. */
const OUTAGE = { provider: 'anthropic', from: 4.5 * HOUR, to: 4.1 * HOUR, share: 0.6 }
const RUNAWAY_AT = 3.2 * HOUR
const TROUBLE = 0.02

export interface HistoryOptions {
  config: Config
  /** Port that the calls will seem to have gone to. */
  port: number
  random: Random
  nameCredential(credential: string): string
  now?: number
  scenarios?: number
}

/** Answers how many calls were written. */
export async function writeHistory({
  config,
  port,
  random,
  nameCredential,
  now = Date.now(),
  scenarios = SCENARIOS,
}: HistoryOptions): Promise<number> {
  const journal = await createJournal({ dir: `${config.data}/journal`, ...config.journal })
  const facts: Facts = { config, providers: createProviders(config), port, random, nameCredential }
  let written = 0
  const tell = async (scenario: Scenario, startedAt: number) => {
    for (const { turn: it, at } of unfold(scenario, startedAt, now, random)) {
      await record(journal, it, at, facts)
      // The event loop is not ours alone: at the port of another start someone may be waiting for an answer.
      if (++written % 50 === 0) await turn()
    }
  }
  try {
    await tell(runaway(random), now - RUNAWAY_AT)
    // The newer day first, so that the recorder has it first.
    for (const [before, count] of [
      [0, scenarios],
      [DAY, DAY_BEFORE * scenarios],
    ] as const)
      for (const ago of momentsOf(before, count, now, random)) await tell(anyScenario(random), now - ago)
  } finally {
    await journal.close()
  }
  return written
}

/** How long ago things began on one day, more of them in working hours. Oldest first. */
function momentsOf(before: number, count: number, now: number, random: Random): number[] {
  const moments: number[] = []
  while (moments.length < count) {
    const ago = before + random.next() * DAY
    const at = new Date(now - ago)
    const hour = at.getHours() + at.getMinutes() / 60
    const busy = 0.22 + 0.78 * Math.exp(-(((hour - 14.2) / 4.4) ** 2))
    if (random.chance(busy)) moments.push(ago)
  }
  return moments.sort((a, b) => b - a)
}

/** A scenario's calls with their moments; those that would not have ended by now are left out. */
function* unfold(
  scenario: Scenario,
  startedAt: number,
  now: number,
  random: Random,
): Generator<{ turn: Turn; at: number }> {
  let at = startedAt
  for (const step of scenario) {
    let last = at
    for (const main of [step].flat()) {
      let mine = at
      for (const it of [...triesBefore(main, random, troubleAt(main, now - mine)), main]) {
        const endMs = endOf(it)
        if (mine + endMs > now - 2000) return
        yield { turn: it, at: mine }
        mine += endMs + it.pauseMs
      }
      last = Math.max(last, mine)
    }
    at = last
  }
}

const troubleAt = ({ provider }: Turn, ago: number): number =>
  provider === OUTAGE.provider && ago <= OUTAGE.from && ago >= OUTAGE.to ? OUTAGE.share : TROUBLE

interface Facts {
  config: Config
  providers: Providers
  port: number
  random: Random
  nameCredential(credential: string): string
}

/** One call, entry by entry. Settles when it is in the journal. */
async function record(journal: Journal, it: Turn, startedAt: number, facts: Facts): Promise<void> {
  const { random } = facts
  const callId = v7({ msecs: Math.floor(startedAt) })
  const tries = toTries(it)
  const { answer, afterMs } = tries.at(-1)!
  const asked = toRequest(it)
  const body = Buffer.from(asked.body)
  const overheadMs = random.around(0.35)
  const leftMs = it.leavesAfterMs !== null && it.leavesAfterMs < answer.endMs ? it.leavesAfterMs : null
  const start = toStart(it, asked, body, Math.floor(startedAt), facts)
  const pieces = answer.pieces
    .filter(({ atMs }) => leftMs === null || atMs < leftMs)
    .map(({ atMs, text }) => ({ atMs: atMs + overheadMs + afterMs, bytes: Buffer.from(text) }))
  const seen = leftMs === null || answer.headersMs < leftMs
  const error = errorOf(it, answer, leftMs)

  void journal.start(callId, start)
  void journal.part(callId, { direction: 'request', atMs: 0.2, length: body.length, bytes: body })
  const about = { startedAt, overheadMs, credential: start.credential }
  for (const [i, each] of tries.entries()) {
    const attempt = toAttempt(each, { ...about, n: i + 1, last: i === tries.length - 1 })
    const unseen = { headersMs: null, status: null, statusMessage: null, headers: null }
    void journal.attempt(callId, { ...attempt, ...(seen ? {} : unseen), error })
  }
  for (const { atMs, bytes } of pieces)
    void journal.part(callId, { direction: 'response', atMs, length: bytes.length, bytes })
  const outcome: EndMeta['outcome'] =
    leftMs !== null ? 'client_abort' : answer.breaks ? 'upstream_abort' : answer.status >= 400 ? 'error' : 'ok'
  await journal.end(callId, {
    outcome,
    status: seen ? answer.status : null,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    durationMs: (leftMs ?? answer.endMs + afterMs) + overheadMs,
    overheadMs,
    requestBytes: body.length,
    responseBytes: pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
    requestSha256: null,
    responseSha256: null,
    truncated: false,
    changes: answer.breaks
      ? [{ what: 'an error event was appended to the stream', why: 'the upstream broke off' }]
      : [],
    hint: null,
    trailers: null,
  })
}

function errorOf(it: Turn, { breaks }: Answer, leftMs: number | null): { code: string; message: string } | null {
  if (leftMs !== null) return { code: 'client_gone', message: 'The client left, so the upstream request was ended.' }
  return breaks
    ? { code: 'upstream_reset', message: `${it.provider} broke off in the middle of its answer: other side closed` }
    : null
}

function toStart(
  it: Turn,
  { path, headers }: ReturnType<typeof toRequest>,
  body: Buffer,
  startedAt: number,
  facts: Facts,
): StartMeta {
  const provider = facts.providers.find(it.provider)!
  const upstreamPath = `/${provider.name}${wires[it.api].path(it)}`
  const known = recognise(provider.dialects, 'POST', path)
  const raw = [
    'host',
    `127.0.0.1:${facts.port}`,
    'connection',
    'keep-alive',
    // Of the past nothing was kept that could be given again.
    ...Object.entries(headers)
      .filter(([name]) => name !== 'x-weir-cache')
      .flat(),
    'content-length',
    String(body.length),
  ]
  const key = shownKey(headers, facts.config.keys.list)
  const own = presentedCredentials(raw, path).find(({ value }) => value !== key?.secret)?.value ?? null
  const credential = own ?? provider.apiKey
  const { user, team, session, parent, tags, capture } = attributeHeaders(raw)
  return {
    startedAt,
    provider: provider.name,
    dialect: known?.dialect.name ?? null,
    operation: known?.operation.name ?? null,
    auxiliary: known?.operation.auxiliary ?? false,
    model: it.model,
    stream: it.stream,
    target: it.route === null ? provider.name : `${provider.name}/${it.model}`,
    route: it.route,
    method: 'POST',
    path: it.route === null ? upstreamPath : path,
    upstreamPath,
    headers: maskHeaders(raw),
    httpVersion: '1.1',
    key: key?.name ?? null,
    team: key?.team ?? team,
    user,
    tags,
    session,
    parent,
    credential: credential === null ? null : facts.nameCredential(credential),
    billing: credential?.startsWith('sk-ant-oat') ? 'subscription' : null,
    cache: 'off',
    capture: capture ?? 'full',
    clientIp: null,
    socket: null,
  }
}

/** When the last of its tries has ended, from the first on. */
function endOf(it: Turn): number {
  const { answer, afterMs } = toTries(it).at(-1)!
  return afterMs + answer.endMs
}
