/**
 * The schema, written once. Column names are the API's names in snake_case; times are epoch milliseconds, money integer
 * nano-dollars, null is unknown. The full-text index is the one thing that is not here: see search-*.ts and the
 * hand-written migrations.
 */
import { isNotNull } from 'drizzle-orm'
import type { CacheBreak, Call, Capture, CostPart, Change, Usage } from '../server/call.ts'
import type { Finding } from '../server/loops/finding.ts'
import type { KeyLimit } from '../server/policy/limits/limit.ts'
import type { PayloadInput } from './store.ts'
import type { Kit } from './kit.ts'

/**
 * What stands in a payload row and where: kinds in `packed` lie one after the other, in this order. A row has five of these,
 * so they are short: kind, bytes before compression, content-type and content-encoding of a body where it has them.
 */
export type Stored = [
  kind: PayloadInput['kind'] | 'searchText',
  length: number,
  contentType?: string | null,
  contentEncoding?: string,
]

/** The numbers of an attempt that says nothing else than its call does (rows.ts): when it started, and how long it took. */
export type PlainAttempt = [
  startedAt: number,
  durationMs: number | null,
  connectMs: number | null,
  headersMs: number | null,
]

const callsTable = ({ table, index, uniqueIndex, text, int, real, bool, json }: Kit) =>
  table(
    'calls',
    {
      /** Short key for the tables beside this one; in order of storing on one database. */
      pk: int('pk').primaryKey(),
      id: text('id').notNull(),
      /** Who stored the row, and as its how-manieth: followers keep one cursor a writer and miss no late row. */
      writer: text('writer').notNull(),
      seq: int('seq').notNull(),
      startedAt: int('started_at').notNull(),
      durationMs: real('duration_ms'),
      firstTokenMs: real('first_token_ms'),
      overheadMs: real('overhead_ms'),
      provider: text('provider'),
      dialect: text('dialect'),
      operation: text('operation'),
      model: text('model'),
      responseModel: text('response_model'),
      target: text('target'),
      route: text('route'),
      method: text('method').notNull(),
      path: text('path').notNull(),
      stream: bool('stream'),
      status: int('status'),
      outcome: text('outcome').$type<Call['outcome']>().notNull(),
      errorCode: text('error_code'),
      errorMessage: text('error_message'),
      finishReason: text('finish_reason'),
      usageSource: text('usage_source').$type<Call['usageSource']>().notNull(),
      /** All input, cached included, and all output, reasoning included; null when the usage is unknown. */
      inputTokens: int('input_tokens'),
      outputTokens: int('output_tokens'),
      input: int('input'),
      cacheRead: int('cache_read'),
      cacheWrite: int('cache_write'),
      output: int('output'),
      reasoning: int('reasoning'),
      costNano: int('cost_nano'),
      listNano: int('list_nano'),
      billing: text('billing').$type<Call['billing']>().notNull(),
      costSource: text('cost_source'),
      pricedAs: text('priced_as'),
      /** 1: the call cost something that is not known (facts.ts says which calls these are). */
      unpriced: int('unpriced').notNull(),
      /** The duration, if it tells how fast the provider was; else null. */
      timedMs: real('timed_ms'),
      /** Milliseconds from first token to end, if tokens per second can be told from them; else null. */
      speedMs: real('speed_ms'),
      cache: text('cache').$type<Call['cache']>().notNull(),
      savedNano: int('saved_nano'),
      savedMs: real('saved_ms'),
      cachedFrom: text('cached_from'),
      cacheWhy: text('cache_why'),
      sessionId: text('session_id'),
      sessionSource: text('session_source'),
      parentId: text('parent_id'),
      lane: text('lane'),
      turn: int('turn'),
      newFrom: int('new_from'),
      mark: text('mark').$type<Call['mark']>(),
      cacheBreak: json<CacheBreak>('cache_break'),
      key: text('key'),
      team: text('team'),
      user: text('user'),
      app: text('app'),
      credential: text('credential'),
      clientIp: text('client_ip'),
      requestId: text('request_id'),
      responseId: text('response_id'),
      auxiliary: bool('auxiliary').notNull(),
      traceId: text('trace_id'),
      spanId: text('span_id'),
      requestBytes: int('request_bytes').notNull(),
      responseBytes: int('response_bytes').notNull(),
      events: int('events'),
      requestSha256: text('request_sha256'),
      responseSha256: text('response_sha256'),
      truncated: bool('truncated').notNull(),
      capture: text('capture').$type<Call['capture']>().notNull(),
      /** `kept` and `expired` by retention, or `none`: never captured. */
      content: text('content').$type<'kept' | 'expired' | 'none'>().notNull(),
      decodeError: text('decode_error'),
      hint: text('hint'),
      preview: text('preview'),
      toolCalls: json<string[]>('tool_calls').notNull(),
      tools: json<string[]>('tools').notNull(),
      tags: json<Record<string, string>>('tags').notNull(),
      changes: json<Change[]>('changes').notNull(),
      findings: json<string[]>('findings').notNull(),
      feedback: json<unknown>('feedback'),
      usage: json<Usage>('usage'),
      usageRaw: json<unknown>('usage_raw'),
      costParts: json<CostPart[]>('cost_parts'),
      /** The only attempt, where it needs no row of its own: so it is with nearly all calls. */
      plainAttempt: json<PlainAttempt>('plain_attempt'),
    },
    (t) => [
      uniqueIndex('calls_id').on(t.id),
      index('calls_started').on(t.startedAt, t.id),
      index('calls_session').on(t.sessionId, t.startedAt).where(isNotNull(t.sessionId)),
    ],
  )

const attemptsTable = ({ table, primaryKey, text, int, real, json }: Kit) =>
  table(
    'attempts',
    {
      callPk: int('call_pk').notNull(),
      n: int('n').notNull(),
      target: text('target').notNull(),
      status: int('status'),
      startedAt: int('started_at').notNull(),
      durationMs: real('duration_ms'),
      connectMs: real('connect_ms'),
      headersMs: real('headers_ms'),
      error: text('error'),
      usage: json<Usage>('usage'),
      costNano: int('cost_nano'),
      reason: text('reason'),
    },
    (t) => [primaryKey({ columns: [t.callPk, t.n] })],
  )

const tagsTable = ({ table, primaryKey, text, int }: Kit) =>
  table(
    'call_tags',
    { callPk: int('call_pk').notNull(), name: text('name').notNull(), value: text('value').notNull() },
    (t) => [primaryKey({ columns: [t.callPk, t.name] })],
  )

/**
 * The content of a call in one row: zstd has a fixed cost of 25 µs a frame, so what is small is packed into one, together with
 * the search text (which compresses to almost nothing beside the body that it stands in, and is needed to take it out of
 * the index again). Large bodies stand alone, last, so that reading headers does not read them.
 */
const payloadsTable = ({ table, index, int, bytes, json }: Kit) =>
  table(
    'payloads',
    {
      callPk: int('call_pk').primaryKey(),
      /** Empty: the content is gone, and its bytes stay only until the last delta to them is gone. */
      stored: json<Stored[]>('stored').notNull(),
      /** Bits: 1 `packed`, 2 `request`, 4 `response` are zstd frames, otherwise the bytes as they are; 8, 16, 32: see pack.ts. */
      codec: int('codec').notNull(),
      /** The row of the key frame that `packed` is a delta to, which itself is none; null: it stands by itself. */
      framePk: int('frame_pk'),
      packed: bytes('packed'),
      request: bytes('request'),
      response: bytes('response'),
    },
    (t) => [index('payloads_frame').on(t.framePk).where(isNotNull(t.framePk))],
  )

/** Sums and sketches a bucket and combination of dimensions; '' is "none". See rollup/rollups.ts for how they are kept. */
const rollupsTable = ({ table, index, text, int, real, bytes }: Kit) =>
  table(
    'rollups',
    {
      pk: int('pk').primaryKey(),
      /** Rows belong to one writer, which alone changes them; readers add them up. */
      writer: text('writer').notNull(),
      /** 60,000 (kept for the last day) or 900,000 milliseconds. */
      step: int('step').notNull(),
      bucket: int('bucket').notNull(),
      /** '' for the row with all dimensions; `*`, `model`, `user`, `tag.<name>` for rows with fewer: see rollups.ts. */
      facet: text('facet').notNull(),
      value: text('value').notNull(),
      provider: text('provider').notNull(),
      /** The model that answered, else the one asked for; `asked` only where it differs. */
      model: text('model').notNull(),
      asked: text('asked').notNull(),
      key: text('key').notNull(),
      team: text('team').notNull(),
      app: text('app').notNull(),
      outcome: text('outcome').$type<Call['outcome']>().notNull(),
      auxiliary: int('auxiliary').notNull(),
      calls: int('calls').notNull(),
      priced: int('priced').notNull(),
      costNano: int('cost_nano').notNull(),
      listed: int('listed').notNull(),
      listNano: int('list_nano').notNull(),
      unpriced: int('unpriced').notNull(),
      estimated: int('estimated').notNull(),
      estimatedNano: int('estimated_nano').notNull(),
      savedNano: int('saved_nano').notNull(),
      measured: int('measured').notNull(),
      inputTokens: int('input_tokens').notNull(),
      outputTokens: int('output_tokens').notNull(),
      input: int('input').notNull(),
      cacheRead: int('cache_read').notNull(),
      cacheWrite: int('cache_write').notNull(),
      output: int('output').notNull(),
      reasoning: int('reasoning').notNull(),
      speedTokens: int('speed_tokens').notNull(),
      speedMs: real('speed_ms').notNull(),
      duration: bytes('duration'),
      firstToken: bytes('first_token'),
    },
    (t) => [
      index('rollups_range').on(t.step, t.facet, t.bucket),
      index('rollups_bucket').on(t.step, t.bucket, t.writer),
    ],
  )

const positionsTable = ({ table, text, int }: Kit) =>
  table('journal_positions', {
    writer: text('writer').primaryKey(),
    segment: int('segment').notNull(),
    offset: int('offset').notNull(),
  })

/** Call ids are unique in the world, so they alone are the key. */
const openTable = ({ table, text, int }: Kit) =>
  table('journal_open', {
    callId: text('call_id').primaryKey(),
    writer: text('writer').notNull(),
    segment: int('segment').notNull(),
    offset: int('offset').notNull(),
    startedAt: int('started_at').notNull(),
  })

/** Counters and marks of the database itself. */
const metaTable = ({ table, text, int }: Kit) =>
  table('meta', { name: text('name').primaryKey(), value: int('value').notNull() })

/** Weir keys, but those of weir.yaml. Never removed: a name of the past stands in calls, and must not come to mean another key. */
const keysTable = ({ table, text, int, json }: Kit) =>
  table('keys', {
    name: text('name').primaryKey(),
    /** HMAC-SHA-256 of the secret, in hex (server/policy/key-secret.ts); the secret itself is nowhere. */
    hash: text('hash').notNull(),
    last4: text('last4').notNull(),
    /** Of the secret before the last rotation, good until `previousUntil`. */
    previousHash: text('previous_hash'),
    previousUntil: int('previous_until'),
    owner: text('owner'),
    team: text('team'),
    tags: json<Record<string, string>>('tags').notNull(),
    providers: json<string[]>('providers'),
    models: json<string[]>('models'),
    routes: json<string[]>('routes'),
    ips: json<string[]>('ips'),
    limits: json<KeyLimit[]>('limits').notNull(),
    capture: text('capture').$type<Capture>(),
    expiresAt: int('expires_at'),
    revokedAt: int('revoked_at'),
    createdAt: int('created_at').notNull(),
    /** What becomes of an answer whose client has left; null: as its route says. */
    disconnect: text('disconnect').$type<'abort' | 'drain'>(),
  })

/** Weir's own credentials for providers, but those of weir.yaml. */
const credentialsTable = ({ table, primaryKey, text, int, real, json }: Kit) =>
  table(
    'credentials',
    {
      provider: text('provider').notNull(),
      name: text('name').notNull(),
      /** The secret under the master key, bound to provider and name (server/credentials/seal.ts); in the clear it is nowhere. */
      sealed: text('sealed').notNull(),
      last4: text('last4').notNull(),
      weight: real('weight').notNull(),
      models: json<string[]>('models'),
      createdAt: int('created_at').notNull(),
    },
    (t) => [primaryKey({ columns: [t.provider, t.name] })],
  )

/**
 * Sums over the calls of a session, folded as calls are stored, moved and pruned (db/sessions/fold.ts); a session without calls
 * has no row. Money and tokens count what is known; `unpriced` says of how many calls it is not.
 */
const sessionsTable = ({ table, index, text, int }: Kit) =>
  table(
    'sessions',
    {
      id: text('id').primaryKey(),
      source: text('source'),
      startedAt: int('started_at').notNull(),
      lastAt: int('last_at').notNull(),
      calls: int('calls').notNull(),
      auxiliary: int('auxiliary').notNull(),
      errors: int('errors').notNull(),
      costNano: int('cost_nano').notNull(),
      unpriced: int('unpriced').notNull(),
      inputTokens: int('input_tokens').notNull(),
      outputTokens: int('output_tokens').notNull(),
      cacheRead: int('cache_read').notNull(),
      lanes: int('lanes').notNull(),
      turns: int('turns').notNull(),
      findings: int('findings').notNull(),
    },
    (t) => [index('sessions_last').on(t.lastAt, t.id)],
  )

/** The agents of a session, kept like sessions. */
const lanesTable = ({ table, index, text, int }: Kit) =>
  table(
    'lanes',
    {
      /** Session and lane in one: see `toLaneId`. */
      id: text('id').primaryKey(),
      sessionId: text('session_id').notNull(),
      lane: text('lane').notNull(),
      startedAt: int('started_at').notNull(),
      lastAt: int('last_at').notNull(),
      calls: int('calls').notNull(),
      costNano: int('cost_nano').notNull(),
      unpriced: int('unpriced').notNull(),
      lastTurn: int('last_turn').notNull(),
    },
    (t) => [index('lanes_session').on(t.sessionId)],
  )

/**
 * By what later calls are recognised as going on from this one: keyed hashes, truncated, so that nothing of the content can be
 * guessed from them. Several rows a call, one for each way of going on (server/sessions/head.ts).
 */
const headsTable = ({ table, index, text, int, bool }: Kit) =>
  table(
    'heads',
    {
      /** The call's id and its kind: in order of time, as call ids are. */
      pk: text('pk').primaryKey(),
      hash: text('hash').notNull(),
      callId: text('call_id').notNull(),
      kind: text('kind').notNull(),
      sessionId: text('session_id').notNull(),
      lane: text('lane'),
      turn: int('turn'),
      /** Messages of the request that the hash covers, system prompts among them; the answer comes after. */
      depth: int('depth').notNull(),
      /** Of system prompt and tools, apart from the conversation. */
      system: text('system'),
      tools: text('tools'),
      cacheRead: int('cache_read'),
      at: int('at').notNull(),
      /** Another call goes on from here. */
      continued: bool('continued').notNull(),
    },
    (t) => [index('heads_hash').on(t.hash)],
  )

/** Loops and runaways, as step `detect` found them (server/loops). The recorder writes all but `state`, which people set. */
const findingsTable = ({ table, index, text, int, json }: Kit) =>
  table(
    'findings',
    {
      id: text('id').primaryKey(),
      verdict: text('verdict').$type<Finding['verdict']>().notNull(),
      rules: json<Finding['rules']>('rules').notNull(),
      sessionId: text('session_id').notNull(),
      lane: text('lane'),
      callIds: json<string[]>('call_ids').notNull(),
      evidence: json<Finding['evidence']>('evidence').notNull(),
      spentNano: int('spent_nano'),
      state: text('state').$type<Finding['state']>().notNull(),
      action: text('action').$type<Finding['action']>().notNull(),
      firstAt: int('first_at').notNull(),
      lastAt: int('last_at').notNull(),
    },
    (t) => [index('findings_last').on(t.lastAt, t.id), index('findings_session').on(t.sessionId, t.lastAt)],
  )

export const createTables = (kit: Kit) => ({
  calls: callsTable(kit),
  attempts: attemptsTable(kit),
  tags: tagsTable(kit),
  payloads: payloadsTable(kit),
  rollups: rollupsTable(kit),
  positions: positionsTable(kit),
  open: openTable(kit),
  meta: metaTable(kit),
  keys: keysTable(kit),
  credentials: credentialsTable(kit),
  sessions: sessionsTable(kit),
  lanes: lanesTable(kit),
  heads: headsTable(kit),
  findings: findingsTable(kit),
})

export type Tables = ReturnType<typeof createTables>
export type CallRow = Tables['calls']['$inferSelect']
export type AttemptRow = Tables['attempts']['$inferSelect']
export type TagRow = Tables['tags']['$inferSelect']
export type PayloadRow = Tables['payloads']['$inferSelect']
export type RollupRow = Tables['rollups']['$inferSelect']
export type KeyRow = Tables['keys']['$inferSelect']
export type CredentialRow = Tables['credentials']['$inferSelect']
export type SessionRow = Tables['sessions']['$inferSelect']
export type LaneRow = Tables['lanes']['$inferSelect']
export type FindingRow = Tables['findings']['$inferSelect']
export type HeadRow = Tables['heads']['$inferSelect']
