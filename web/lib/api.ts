/**
 * Weir's API as the views call it: the server's own routes through Hono's typed client, so that no shape is written down twice.
 * Every failure is one ApiError whose message can be shown to a person.
 */
import { hc } from 'hono/client'
import type { ClientResponse, InferRequestType } from 'hono/client'
import { createContext } from 'svelte'
import type { Api as Routes } from '../../server/api/api.ts'
import type { Status } from '../../server/api/status.ts'
import type { FindingChange } from './sessions.ts'

export type SystemStatus = Status

/** `status` 0: no answer came at all (offline, stopped). */
export class ApiError extends Error {
  readonly status: number
  /** Each mistake in what was sent, with its place (`json.limits.0.cost`). */
  readonly errors: readonly { where: string; message: string }[]
  constructor(status: number, message: string, errors: ApiError['errors'] = []) {
    super(message)
    this.status = status
    this.errors = errors
  }
}
export const isAbort = (reason: unknown) => reason instanceof DOMException && reason.name === 'AbortError'
export const isOffline = (error: Error | null) => error instanceof ApiError && error.status === 0

/** What nearly every question is about: a filter and a range in epoch milliseconds. */
export interface About {
  q: string
  from: number
  /** null: no end, for lists that go on growing. */
  to: number | null
}

type Plain = string | number | null | undefined
/** The wire knows strings only; what is null or empty is left away. */
const toQuery = <T>(args: object): T =>
  Object.fromEntries(
    Object.entries(args as Record<string, Plain>)
      .filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([name, value]) => [name, String(typeof value === 'number' ? Math.round(value) : value)]),
  ) as T

/** Session ids are whatever clients send; Hono's client puts them into the path as they are. */
const encode = encodeURIComponent

export interface FindingsAsked {
  state?: string | null
  verdict?: string | null
  sessionId?: string | null
  limit?: number
  cursor?: string | null
}

type Told<R> = R extends ClientResponse<infer T, 200 | 201 | 202, 'json'> ? T : never
/** Only good answers come this far: `send` has thrown for the others. */
const read = async <R extends ClientResponse<unknown, number, string>>(response: Promise<R>) =>
  (await (await response).json()) as Told<R>

/** `root` is Weir's own address with its base path and a slash at the end. `onLocked` is told when the session has ended. */
export function createApi(root: URL, onLocked: () => void) {
  async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    let response: Response
    try {
      response = await fetch(input, init)
    } catch (reason) {
      if (isAbort(reason)) throw reason
      throw new ApiError(0, 'Weir does not answer. Is it running?')
    }
    if (response.ok) return response
    if (response.status === 401) onLocked()
    const problem = (await response.json().catch(() => ({}))) as {
      title?: string
      detail?: string
      errors?: ApiError['errors']
    }
    const text = problem.detail ?? problem.title ?? `The server answered ${response.status}.`
    throw new ApiError(response.status, text, problem.errors)
  }
  const { api } = hc<Routes>(root.href, { fetch: send })
  const calls = api.calls
  const one = calls[':id']
  const key = api.keys[':name']
  const session = api.sessions[':id']
  const finding = api.findings[':id']
  const until = (signal?: AbortSignal) => ({ init: { signal } })
  const address = (path: string, args: object = {}) =>
    `${new URL(`api/${path}`, root).href}?${new URLSearchParams(toQuery(args))}`.replace(/\?$/, '')

  return {
    root,
    /** An address of the API, for links, downloads and the live stream. */
    url: address,
    send,
    session: () => read(api.me.session.$get()),
    login: (token: string) => read(api.login.$post({ json: { token } })),
    logout: () => read(api.logout.$post()),
    status: () => read(api.status.$get()),
    listCalls: (args: About & { limit?: number; cursor?: string | null }, signal?: AbortSignal) =>
      read(calls.$get({ query: toQuery(args) }, until(signal))),
    countCalls: (args: About, signal?: AbortSignal) => read(calls.count.$get({ query: toQuery(args) }, until(signal))),
    histogram: (args: About & { buckets: number }, signal?: AbortSignal) =>
      read(calls.histogram.$get({ query: toQuery(args) }, until(signal))),
    getCall: (id: string, signal?: AbortSignal) => read(one.$get({ param: { id } }, until(signal))),
    cancelCall: (id: string) => read(one.cancel.$post({ param: { id } })),
    conversation: (id: string) => read(one.conversation.$get({ param: { id } })),
    headers: (id: string) => read(one.headers.$get({ param: { id } })),
    timeline: (id: string) => read(one.timeline.$get({ param: { id } })),
    overview: (args: About, signal?: AbortSignal) => read(api.overview.$get({ query: toQuery(args) }, until(signal))),
    series: (
      args: About & { metric: Metric; by?: string | null; top?: number; step?: number; zone?: string },
      signal?: AbortSignal,
    ) => read(api.series.$get({ query: toQuery(args) }, until(signal))),
    top: (args: About & { metric: Metric; by: string; limit?: number }, signal?: AbortSignal) =>
      read(api.top.$get({ query: toQuery(args) }, until(signal))),
    suggest: (args: { field: string; prefix: string; from: number; to: number }, signal?: AbortSignal) =>
      read(api.suggest.$get({ query: toQuery(args) }, until(signal))),
    sessions: (args: About & { limit?: number; cursor?: string | null }, signal?: AbortSignal) =>
      read(api.sessions.$get({ query: toQuery(args) }, until(signal))),
    /** One page of its steps. */
    getSession: (id: string, cursor: string | null, signal?: AbortSignal) =>
      read(session.$get({ param: { id: encode(id) }, query: toQuery({ cursor }) }, until(signal))),
    stepPlace: (id: string, callId: string, signal?: AbortSignal) =>
      read(session.place[':callId'].$get({ param: { id: encode(id), callId } }, until(signal))),
    cancelSession: (id: string) => read(session.cancel.$post({ param: { id: encode(id) } })),
    findings: (args: FindingsAsked, signal?: AbortSignal) =>
      read(api.findings.$get({ query: toQuery(args) }, until(signal))),
    changeFinding: (id: string, change: FindingChange) => read(finding[change].$post({ param: { id } })),
    loops: (signal?: AbortSignal) => read(api.loops.$get({}, until(signal))),
    findId: (id: string, signal?: AbortSignal) => read(api.find.$get({ query: { id } }, until(signal))),
    keys: (signal?: AbortSignal) => read(api.keys.$get({}, until(signal))),
    createKey: (json: NewKey) => read(api.keys.$post({ json })),
    updateKey: (name: string, json: KeyChange) => read(key.$patch({ param: { name }, json })),
    /** `overlap`: how long the secret before goes on, such as `24h`. */
    rotateKey: (name: string, overlap: string) => read(key.rotate.$post({ param: { name }, json: { overlap } })),
    revokeKey: (name: string) => read(key.revoke.$post({ param: { name } })),
    cancelKey: (name: string) => read(key.cancel.$post({ param: { name } })),
    budgets: (signal?: AbortSignal) => read(api.budgets.$get({}, until(signal))),
    routes: (signal?: AbortSignal) => read(api.routes.$get({}, until(signal))),
    credentials: (signal?: AbortSignal) => read(api.credentials.$get({}, until(signal))),
    addCredential: (json: NewCredential) => read(api.credentials.$post({ json })),
    removeCredential: (provider: string, name: string) =>
      read(api.credentials[':provider'][':name'].$delete({ param: { provider, name } })),
    cache: (signal?: AbortSignal) => read(api.cache.$get({}, until(signal))),
    emptyCache: () => read(api.cache.$delete()),
  }
}
type KeyClient = ReturnType<typeof hc<Routes>>['api']['keys']
export type NewCredential = InferRequestType<ReturnType<typeof hc<Routes>>['api']['credentials']['$post']>['json']
export type NewKey = InferRequestType<KeyClient['$post']>['json']
export type KeyChange = InferRequestType<KeyClient[':name']['$patch']>['json']
type Metric = InferRequestType<ReturnType<typeof hc<Routes>>['api']['series']['$get']>['query']['metric']

export type Api = ReturnType<typeof createApi>
export const [useApi, provideApi] = createContext<Api>()
