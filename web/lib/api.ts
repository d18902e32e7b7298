/**
 * Weir's API as the views call it. Shapes are the server's own types; failures are one ApiError whose message can be shown to a person.
 */
import { createContext } from 'svelte'
import type { CallCount } from '../../db/queries/count-calls.ts'
import type { FoundId } from '../../db/queries/find-id.ts'
import type { Histogram } from '../../db/queries/histogram.ts'
import type { CallList } from '../../db/queries/list-calls.ts'
import type { Overview } from '../../db/queries/overview.ts'
import type { By, Metric, Series } from '../../db/queries/series.ts'
import type { Suggestions } from '../../db/queries/suggest.ts'
import type { Top } from '../../db/queries/top.ts'
import type { Call } from '../../server/call.ts'

export interface SystemStatus {
  version: string
  startedAt: number
  journalBehindMs: number
  callsRecorded: number
  callsLost: number
  diskBytes: number
  running: number
  entriesSkipped: number
  problem: string | null
  config: { problems: string[] }
  url: string
  demo: boolean
  database: 'sqlite' | 'postgres'
}

/** What nearly every question is about: a filter and a range in epoch milliseconds. */
export interface Scope {
  q: string
  from: number
  to: number
}
export interface Page {
  limit?: number
  cursor?: string | null
}

/** `status` 0: no answer came at all (offline, stopped). */
export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
export const isAbort = (reason: unknown) => reason instanceof DOMException && reason.name === 'AbortError'
export const isOffline = (error: Error | null) => error instanceof ApiError && error.status === 0

const toQuery = (args: object) => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(args))
    if (value !== null && value !== undefined && value !== '') query.set(name, String(typeof value === 'number' ? Math.round(value) : value))
  const text = query.toString()
  return text && `?${text}`
}

/** `root` is Weir's own address with its base path and a slash at the end. `onLocked` is told when the session has ended. */
export function createApi(root: URL, onLocked: () => void) {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response
    try {
      response = await fetch(new URL(path, root), { ...init, headers: { accept: 'application/json', ...init.headers } })
    } catch (reason) {
      if (isAbort(reason)) throw reason
      throw new ApiError(0, 'Weir does not answer. Is it running?')
    }
    if (response.ok) return response
    if (response.status === 401) onLocked()
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string }
    throw new ApiError(response.status, problem.detail ?? problem.title ?? `The server answered ${response.status}.`)
  }
  const get = async <T>(path: string, args: object = {}, signal?: AbortSignal) =>
    (await send(`api/${path}${toQuery(args)}`, { signal })).json() as Promise<T>
  const post = (path: string, body: unknown = {}) =>
    send(`api/${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

  return {
    root,
    url: (path: string, args: object = {}) => new URL(`api/${path}${toQuery(args)}`, root).href,
    send,
    session: () => get<{ authenticated: boolean; needed: boolean }>('me/session'),
    login: (token: string) => post('login', { token }),
    logout: () => post('logout'),
    status: () => get<SystemStatus>('status'),
    listCalls: (args: Scope & Page, signal?: AbortSignal) => get<CallList>('calls', args, signal),
    countCalls: (args: Scope, signal?: AbortSignal) => get<CallCount>('calls/count', args, signal),
    histogram: (args: Scope & { buckets: number }, signal?: AbortSignal) => get<Histogram>('calls/histogram', args, signal),
    getCall: (id: string, signal?: AbortSignal) => get<Call>(`calls/${encodeURIComponent(id)}`, {}, signal),
    cancelCall: (id: string) => post(`calls/${encodeURIComponent(id)}/cancel`),
    overview: (args: Scope, signal?: AbortSignal) => get<Overview>('overview', args, signal),
    series: (args: Scope & { metric: Metric; by?: By | null; top?: number; step?: number; zone?: string }, signal?: AbortSignal) =>
      get<Series>('series', args, signal),
    top: (args: Scope & { by: By; metric: Metric; limit?: number }, signal?: AbortSignal) => get<Top>('top', args, signal),
    suggest: (args: { field: string; prefix: string; from: number; to: number }, signal?: AbortSignal) =>
      get<Suggestions>('suggest', args, signal),
    findId: (id: string, signal?: AbortSignal) => get<FoundId[]>('find', { id }, signal),
  }
}
export type Api = ReturnType<typeof createApi>
export const [useApi, provideApi] = createContext<Api>()
