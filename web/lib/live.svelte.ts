/**
 * The live stream (SSE): calls that start and calls that were stored, and the state of the recording itself. The browser's EventSource
 * reconnects by itself after a broken line, not after an HTTP error (a restart behind a proxy answers 502): that is done here.
 */
import { createContext } from 'svelte'
import type { Call } from '../../server/call.ts'
import type { SystemStatus } from './api.ts'

export type LiveEvent = { type: 'started' | 'recorded'; calls: Call[] } | { type: 'reconnected'; calls: [] }

export interface Live {
  /** `connecting` is shown only when it lasts. */
  readonly state: 'connecting' | 'open' | 'lost'
  readonly status: SystemStatus | null
  /** Calls stored per second over the last ten seconds. */
  readonly perSecond: number
  subscribe(listener: (event: LiveEvent) => void): () => void
  /** Asks for the status again, and connects if the line is down. */
  revive(): void
  start(): void
}

const RETRY_MS = [500, 1000, 2000, 4000, 8000]
const RATE_WINDOW_MS = 10_000

/** The server may send one call or several in one event. */
const toCalls = (data: unknown): Call[] => {
  if (Array.isArray(data)) return data as Call[]
  const { calls, call } = data as { calls?: Call[]; call?: Call }
  return calls ?? (call ? [call] : [data as Call])
}

export function createLive(url: string, fetchStatus: () => Promise<SystemStatus>): Live {
  let state = $state<Live['state']>('connecting')
  let status = $state.raw<SystemStatus | null>(null)
  let perSecond = $state(0)
  let recent: number[] = []
  let source: EventSource | null = null
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<(event: LiveEvent) => void>()
  const tell = (event: LiveEvent) => listeners.forEach((listener) => listener(event))

  const refreshStatus = () =>
    fetchStatus().then(
      (next) => (status = next),
      () => {},
    )
  const countRecent = () => {
    const since = Date.now() - RATE_WINDOW_MS
    recent = recent.filter((at) => at > since)
    perSecond = recent.length / (RATE_WINDOW_MS / 1000)
  }

  const connect = () => {
    clearTimeout(timer)
    source?.close()
    const line = (source = new EventSource(url))
    line.onopen = () => {
      const again = failures > 0 || state === 'lost'
      failures = 0
      state = 'open'
      void refreshStatus()
      if (again) tell({ type: 'reconnected', calls: [] })
    }
    line.onerror = () => {
      failures++
      if (failures > 1 || state === 'open') state = 'lost'
      line.close()
      timer = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1])
    }
    const on = (name: string, handle: (data: unknown) => void) =>
      line.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data)))
    on('status', (data) => (status = status ? { ...status, ...(data as SystemStatus) } : (data as SystemStatus)))
    on('started', (data) => tell({ type: 'started', calls: toCalls(data) }))
    on('recorded', (data) => {
      const calls = toCalls(data)
      recent.push(...calls.map(() => Date.now()))
      countRecent()
      tell({ type: 'recorded', calls })
    })
  }

  return {
    get state() {
      return state
    },
    get status() {
      return status
    },
    get perSecond() {
      return perSecond
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    revive() {
      void refreshStatus()
      if (state !== 'open') connect()
    },
    start() {
      void refreshStatus()
      connect()
      setInterval(countRecent, 1000)
      // Without traffic the server says nothing about itself; the corner must still not lie.
      setInterval(() => document.visibilityState === 'visible' && void refreshStatus(), 15_000)
      addEventListener('online', () => connect())
    },
  }
}

export const [useLive, provideLive] = createContext<Live>()
