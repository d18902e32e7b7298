/**
 * The app over a real database: a temporary data folder filled through the Store, real reader threads, a real server on port 0.
 * Only what other parts own is played: the registry of running calls, the recorder's messages, the journal's counters.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { openStore } from '../../db/open.ts'
import type { PayloadInput, Store } from '../../db/store.ts'
import { createAdmin, type AdminAuth } from '../../server/api/auth.ts'
import type { RunningEvent } from '../../server/api/deps.ts'
import { createApp, type AppDeps } from '../../server/app.ts'
import type { Call } from '../../server/call.ts'
import { defaultConfig, type Config } from '../../server/config/config.ts'
import { createTell } from '../../server/control/control.ts'
import { createCredentialAdmin } from '../../server/credentials/admin.ts'
import { createCredentials } from '../../server/credentials/credentials.ts'
import { createProviders } from '../../server/providers/registry.ts'
import { createKeyAdmin } from '../../server/policy/key-admin.ts'
import { createKeys } from '../../server/policy/keys.ts'
import { createAsk, type Ask, type AskSettings } from '../../server/reader/ask.ts'

export interface House {
  url: string
  port: number
  dataDir: string
  store: Store
  ask: Ask
  admin: AdminAuth
  /** Puts rows into the store and tells the app, as the recorder does. */
  record(...calls: (Partial<Call> & { payloads?: PayloadInput[]; searchText?: string })[]): Promise<Call[]>
  /** A call begins, and is listed as running until `end`. */
  begin(call?: Partial<Call>): Call
  end(id: string): void
  canceled: string[]
  get(path: string, headers?: Record<string, string>): Promise<Reply>
  send(options: RequestOptions & { body?: string }): Promise<Reply>
  close(): Promise<void>
}

export interface Reply {
  status: number
  headers: IncomingMessage['headers']
  bytes: Buffer
  text: string
  json: any
}

export interface HouseOptions {
  config?: Partial<Config>
  deps?: Partial<AppDeps>
  ask?: Partial<AskSettings>
  /** Instead of a new one. */
  dataDir?: string
}

export const WORKER = new URL('../../server/reader/worker.ts', import.meta.url)
const CONTROL = new URL('../../server/control/worker.ts', import.meta.url)

export async function openHouse({
  config = {},
  deps = {},
  ask: asked = {},
  dataDir,
}: HouseOptions = {}): Promise<House> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'weir-api-'))
  const store = await openStore({ dataDir: folder, database: 'sqlite' })
  const settings: Config = { ...defaultConfig(), data: folder, ...config }
  const admin = createAdmin({ dataDir: folder, token: () => settings.adminToken })
  const ask = createAsk({ workerUrl: WORKER, options: { dataDir: folder, database: 'sqlite' }, ...asked })
  const stage = createStage()
  const guards = { keyHashesKey: null, masterKey: null }
  const tell = createTell({ workerUrl: CONTROL, options: { dataDir: folder, database: 'sqlite', ...guards } })
  const keys = createKeyAdmin({ dataDir: folder, ...guards, keys: createKeys(), tell })
  const credentials = createCredentialAdmin({
    credentials: createCredentials({ dataDir: folder, ...guards, onChange: () => {}, say: () => {} }),
    providers: () => createProviders(settings),
    configured: () => settings.providers,
    tell,
  })
  const app = createApp({
    config: () => settings,
    configProblems: () => [],
    ask,
    running: stage.running,
    keys,
    credentials,
    cache: { stats: () => NOTHING_CACHED, clear: () => 0 },
    routeList: async () => ({ providers: [], routes: [], problems: [] }),
    budgets: async () => [],
    budgetsFor: async () => [],
    loops: { mark: () => Promise.reject(new Error('no loops here')), subscribe: () => () => {} },
    alerts: { list: () => [], test: async () => null },
    recorded: stage.recorded,
    journal: {
      counters: () => ({ bytesOnDisk: 4096, entriesWritten: 12, bodiesShed: 0, callsLost: 0 }),
      healthy: () => true,
    },
    admin,
    assets: join(folder, 'web'),
    version: '1.2.3',
    startedAt: 1_700_000_000_000,
    demo: false,
    ...deps,
  })
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let seq = 0

  const send = ({ body, ...options }: RequestOptions & { body?: string }) =>
    new Promise<Reply>((resolve, reject) => {
      const out = request({ host: '127.0.0.1', port, ...options }, async (incoming) => {
        const pieces: Buffer[] = []
        for await (const piece of incoming) pieces.push(piece as Buffer)
        resolve(toReply(incoming, Buffer.concat(pieces)))
      })
      out.on('error', reject)
      out.end(body)
    })

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir: folder,
    store,
    ask,
    admin,
    async record(...parts) {
      const calls = parts.map(({ payloads: _p, searchText: _s, ...part }) => toCall(part))
      await store.record({
        calls: calls.map((call, i) => ({
          call,
          payloads: parts[i]?.payloads ?? [],
          searchText: parts[i]?.searchText ?? '',
        })),
        positions: [{ writer: 'test', segment: 1, offset: ++seq }],
        open: [],
      })
      stage.tellRecorded(calls)
      return calls
    },
    begin: (part = {}) => stage.begin(toCall({ outcome: 'running', durationMs: null, status: null, ...part })),
    end: stage.end,
    canceled: stage.canceled,
    send,
    get: (path, headers = {}) => send({ path, headers }),
    async close() {
      server.closeAllConnections()
      server.close()
      await Promise.all([ask.close(), tell.close()])
      await store.close()
      if (!dataDir) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function toReply(incoming: IncomingMessage, bytes: Buffer): Reply {
  const text = bytes.toString('utf8')
  const isJson =
    /[/+]json$/.test(incoming.headers['content-type'] ?? '') && incoming.headers['content-encoding'] === undefined
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    bytes,
    text,
    json: isJson ? parsed(text) : null,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const NOTHING_CACHED = {
  entries: 0,
  bytes: 0,
  maxBytes: 0,
  hits: 0,
  misses: 0,
  savedNano: 0,
  savedMs: 0,
  savedTokens: 0,
  semantic: null,
}

/** The parts of Weir that the app listens to. */
function createStage() {
  const calls = new Map<string, Call>()
  const canceled: string[] = []
  const onRunning = new Set<(event: RunningEvent) => void>()
  const onRecorded = new Set<(calls: Call[]) => void>()
  const listen =
    <T>(set: Set<T>) =>
    (listener: T) => {
      set.add(listener)
      return () => void set.delete(listener)
    }
  const running: AppDeps['running'] = {
    list: () => [...calls.values()],
    cancel(id) {
      if (!calls.has(id)) return false
      canceled.push(id)
      return true
    },
    cancelKey: (name) => [...calls.values()].filter((call) => call.key === name && running.cancel(call.id)).length,
    cancelSession: (sessionId) =>
      [...calls.values()].filter((call) => call.sessionId === sessionId && running.cancel(call.id)).length,
    subscribe: listen(onRunning),
  }
  const recorded: AppDeps['recorded'] = {
    onStored: listen(onRecorded),
    subscribe: listen(onRecorded),
    status: () => ({ behindMs: 0, callsRecorded: 7, entriesSkipped: 0, diskBytes: 8192, problem: null, positions: [] }),
  }
  return {
    running,
    recorded,
    canceled,
    begin(call: Call) {
      calls.set(call.id, call)
      for (const listener of onRunning) listener({ type: 'started', call })
      return call
    },
    end(id: string) {
      const call = calls.get(id)
      if (!call) throw new Error(`${id} is not running`)
      calls.delete(id)
      for (const listener of onRunning) listener({ type: 'ended', call })
    },
    tellRecorded(recordedCalls: Call[]) {
      for (const listener of onRecorded) listener(recordedCalls)
    },
  }
}

/** A plausible call; `startedAt` also makes its id, so that ids sort by time. */
export function toCall(part: Partial<Call>): Call {
  const startedAt = part.startedAt ?? Date.now()
  return { ...ORDINARY, id: toId(startedAt), startedAt, ...part }
}

const toId = (at: number): string => {
  const time = at.toString(16).padStart(12, '0')
  const rest = crypto.randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(15)}`
}

const ORDINARY: Omit<Call, 'id' | 'startedAt'> = {
  durationMs: 812.5,
  firstTokenMs: null,
  overheadMs: 0.21,
  provider: 'openai',
  dialect: 'openai-chat',
  operation: 'chat',
  model: 'gpt-5.1',
  responseModel: 'gpt-5.1-2025-11-13',
  target: 'openai',
  route: null,
  method: 'POST',
  path: '/openai/v1/chat/completions',
  stream: false,
  status: 200,
  outcome: 'ok',
  errorCode: null,
  errorMessage: null,
  finishReason: 'stop',
  toolCalls: [],
  tools: [],
  preview: 'Paris.',
  usage: { input: 12, output: 3 },
  usageSource: 'provider',
  usageRaw: { prompt_tokens: 12, completion_tokens: 3 },
  costNano: 45_000,
  listNano: 45_000,
  billing: 'metered',
  costParts: [{ bucket: 'input', quantity: 12, unitNano: 1250, costNano: 15_000 }],
  costSource: 'genai-prices',
  pricedAs: 'openai/gpt-5.1',
  cache: 'off',
  savedNano: null,
  savedMs: null,
  cachedFrom: null,
  cacheWhy: null,
  sessionId: null,
  sessionSource: null,
  parentId: null,
  lane: null,
  turn: null,
  newFrom: null,
  mark: null,
  cacheBreak: null,
  key: null,
  team: null,
  user: null,
  tags: {},
  credential: '3f9c…a2e1',
  app: 'openai-node',
  clientIp: null,
  requestId: 'req_1',
  responseId: 'chatcmpl-1',
  auxiliary: false,
  attempts: [
    {
      n: 1,
      target: 'openai',
      status: 200,
      startedAt: 1_700_000_000_000,
      durationMs: 800,
      connectMs: 12,
      headersMs: 700,
      error: null,
      usage: null,
      costNano: null,
      reason: null,
    },
  ],
  changes: [],
  findings: [],
  traceId: null,
  spanId: null,
  requestBytes: 120,
  responseBytes: 340,
  events: null,
  requestSha256: null,
  responseSha256: null,
  truncated: false,
  capture: 'full',
  decodeError: null,
  hint: null,
  feedback: null,
}
