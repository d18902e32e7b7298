/**
 * A Weir without a data path: the real app (API, gate, content policy, the built dashboard) over calls in an array. Tests make calls
 * happen, make questions fail, and stop and start the server, to see what the page does about it.
 */
import { getRequestListener } from '@hono/node-server'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdmin } from '../../server/api/auth.ts'
import { ApiError } from '../../server/api/problem.ts'
import { createApp, type AppDeps } from '../../server/app.ts'
import type { Call } from '../../server/call.ts'
import { defaultConfig } from '../../server/config/config.ts'
import type { Ask } from '../../server/reader/ask.ts'
import { toCall } from '../api/house.ts'
import { createAnswers } from './answers.ts'
import { builtDashboard } from './browser.ts'
import { createSessionAnswers } from './sessions.ts'
import type { Finding } from '../../server/loops/finding.ts'

export interface FakeWeir {
  url: string
  calls: Call[]
  /** A call begins; `end` stores it with what it became. */
  begin(call?: Partial<Call>): Call
  end(call: Call, result?: Partial<Call>): Call
  record(call?: Partial<Call>): Call
  /** Questions of this name fail with this message, until told null. */
  fail(question: string, message: string | null): void
  /** How often each question was asked. */
  asked: Map<string, number>
  status: { behindMs: number; callsLost: number; problem: string | null }
  token: string
  canceled: string[]
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export interface FakeOptions {
  calls?: Call[]
  /** What sessions say of theirs. */
  findings?: Finding[]
  /** Beyond loopback: a login is needed. */
  locked?: boolean
  basePath?: string
  demo?: boolean
  port?: number
  /** Folder of the built dashboard; default: built from the present sources. */
  assets?: string
}

export async function startFakeWeir({
  calls = [],
  findings = [],
  locked = false,
  basePath = '',
  demo = false,
  port = 0,
  assets,
}: FakeOptions = {}): Promise<FakeWeir> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-web-'))
  const token = 'wa_test-token'
  const settings = {
    ...defaultConfig(),
    data: folder,
    basePath,
    adminToken: token,
    host: locked ? '0.0.0.0' : '127.0.0.1',
  }
  const startedAt = Date.now()
  const status = { behindMs: 0, callsLost: 0, problem: null as string | null }
  const failing = new Map<string, string>()
  const asked = new Map<string, number>()
  const canceled: string[] = []
  const running = new Map<string, Call>()
  const onRunning = new Set<Parameters<AppDeps['running']['subscribe']>[0]>()
  const onRecorded = new Set<(calls: Call[]) => void>()
  const listen =
    <T>(set: Set<T>) =>
    (listener: T) => (set.add(listener), () => void set.delete(listener))
  const answers = {
    ...createAnswers(() => calls),
    ...createSessionAnswers(
      () => calls,
      () => findings,
    ),
  } as Record<string, (args: unknown) => unknown>

  const put = async (name: string, args: unknown) => {
    asked.set(name, (asked.get(name) ?? 0) + 1)
    const problem = failing.get(name)
    if (problem) throw new ApiError('reader_failed', problem)
    return answers[name]!(args)
  }
  const ask = Object.assign(put, {
    json: async (name: string, args: unknown) => new TextEncoder().encode(JSON.stringify(await put(name, args))),
    threads: () => 0,
    close: async () => {},
  }) as unknown as Ask

  const app = createApp({
    config: () => settings,
    configProblems: () => [],
    ask,
    running: {
      list: () => [...running.values()],
      cancel: (id) => running.has(id) && canceled.push(id) > 0,
      cancelKey: () => 0,
      cancelSession: () => 0,
      subscribe: listen(onRunning),
    },
    keys: noKeys,
    credentials: { list: () => [], problem: () => null, add: absent, remove: absent },
    cache: { stats: () => NOTHING_CACHED, clear: () => 0 },
    budgets: async () => [],
    routeList: async () => ({ providers: [], routes: [], problems: [] }),
    budgetsFor: async () => [],
    loops: { mark: () => Promise.reject(new Error('no loops here')), subscribe: () => () => {} },
    alerts: { list: () => [], test: async () => null },
    recorded: {
      onStored: listen(onRecorded),
      subscribe: listen(onRecorded),
      status: () => ({
        behindMs: status.behindMs,
        callsRecorded: calls.length,
        entriesSkipped: 0,
        diskBytes: 1_300_000_000,
        problem: status.problem,
        positions: [],
      }),
    },
    journal: {
      counters: () => ({ bytesOnDisk: 0, entriesWritten: 0, bodiesShed: 0, callsLost: status.callsLost }),
      healthy: () => true,
    },
    admin: createAdmin({ dataDir: folder, token }),
    assets: assets ?? (await builtDashboard()),
    version: '0.1.0',
    startedAt,
    demo,
  })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  let server: Server
  let at = port
  const start = async () => {
    server = createServer(listener).listen(at, '127.0.0.1')
    await once(server, 'listening')
    at = (server.address() as AddressInfo).port
  }
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await start()

  const record = (call: Call) => {
    calls.unshift(call)
    calls.sort((a, b) => b.startedAt - a.startedAt)
    for (const tell of onRecorded) tell([call])
    return call
  }
  return {
    url: `http://127.0.0.1:${at}${basePath}/app/`,
    calls,
    begin(part = {}) {
      const call = toCall({
        outcome: 'running',
        durationMs: null,
        firstTokenMs: null,
        status: null,
        usage: null,
        usageSource: 'none',
        costNano: null,
        preview: null,
        finishReason: null,
        ...part,
      })
      running.set(call.id, call)
      for (const tell of onRunning) tell({ type: 'started', call })
      return call
    },
    end(call, result = {}) {
      running.delete(call.id)
      for (const tell of onRunning) tell({ type: 'ended', call })
      return record({
        ...toCall({ startedAt: call.startedAt }),
        model: call.model,
        provider: call.provider,
        ...result,
        id: call.id,
      })
    },
    record: (part = {}) => record(toCall(part)),
    fail: (name, message) => void (message === null ? failing.delete(name) : failing.set(name, message)),
    asked,
    status,
    token,
    canceled,
    stop,
    start,
    async close() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const absent = async (): Promise<never> => {
  throw new ApiError('not_found', 'This Weir has no keys.')
}
const noKeys: AppDeps['keys'] = {
  list: () => [],
  get: () => {
    throw new ApiError('not_found', 'This Weir has no keys.')
  },
  open: () => {
    throw new ApiError('key_invalid', 'This Weir has no keys.')
  },
  create: absent,
  update: absent,
  rotate: absent,
  revoke: absent,
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
