/**
 * The live stream (SSE): calls that start and calls that were stored, and the state of the recording itself. The browser's EventSource
 * reconnects by itself after a broken line, not after an HTTP error (a restart behind a proxy answers 502): that is done here.
 */
import { createContext } from 'svelte'
import type { CallListItem } from '../../db/queries/list-calls.ts'
import type { SystemStatus } from './api.ts'

/** `missed`: something happened that was not told, because the line was down or too much went by; ask for the list again. */
export type LiveEvent = { type: 'started' | 'recorded'; calls: CallListItem[] } | { type: 'missed'; calls: [] }

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

/** Hundreds of events a second are told in a few pieces: each costs the listeners a pass over their rows. */
const GATHER_MS = 100

export function createLive(url: string, fetchStatus: () => Promise<SystemStatus>): Live {
  let state = $state<Live['state']>('connecting')
  let status = $state.raw<SystemStatus | null>(null)
  let perSecond = $state(0)
  let recent: { at: number; calls: number }[] = []
  let source: EventSource | null = null
  let cursor = ''
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let gathering: ReturnType<typeof setTimeout> | undefined
  let gathered: { started: CallListItem[]; recorded: CallListItem[] } = { started: [], recorded: [] }
  const listeners = new Set<(event: LiveEvent) => void>()
  const tell = (event: LiveEvent) => listeners.forEach((listener) => listener(event))

  const refreshStatus = () =>
    fetchStatus().then(
      (next) => (status = next),
      () => {},
    )
  const countRecent = () => {
    const since = Date.now() - RATE_WINDOW_MS
    recent = recent.filter(({ at }) => at > since)
    perSecond = recent.reduce((sum, { calls }) => sum + calls, 0) / (RATE_WINDOW_MS / 1000)
  }
  const count = (calls: number) => {
    recent.push({ at: Date.now(), calls })
    countRecent()
  }
  const flush = () => {
    gathering = undefined
    const { started, recorded } = gathered
    gathered = { started: [], recorded: [] }
    if (recorded.length > 0) count(recorded.length)
    if (started.length > 0) tell({ type: 'started', calls: started })
    if (recorded.length > 0) tell({ type: 'recorded', calls: recorded })
  }

  const connect = () => {
    clearTimeout(timer)
    source?.close()
    const line = (source = new EventSource(cursor ? `${url}?cursor=${encodeURIComponent(cursor)}` : url))
    line.onopen = () => {
      const again = failures > 0 || state === 'lost'
      failures = 0
      state = 'open'
      if (again) tell({ type: 'missed', calls: [] })
    }
    line.onerror = () => {
      failures++
      if (failures > 1 || state === 'open') state = 'lost'
      line.close()
      timer = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1])
    }
    const on = <T>(name: string, handle: (data: T) => void) =>
      line.addEventListener(name, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>
        if (lastEventId) cursor = lastEventId
        handle(JSON.parse(data) as T)
      })
    const gather = (name: 'started' | 'recorded') =>
      on<CallListItem>(name, (call) => {
        gathered[name].push(call)
        gathering ??= setTimeout(flush, GATHER_MS)
      })
    gather('started')
    gather('recorded')
    on<SystemStatus>('status', (data) => (status = data))
    on<{ missed: number | null }>('gap', ({ missed }) => {
      if (missed) count(missed)
      tell({ type: 'missed', calls: [] })
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
      connect()
      setInterval(countRecent, 1000)
      addEventListener('online', () => connect())
    },
  }
}

export const [useLive, provideLive] = createContext<Live>()
