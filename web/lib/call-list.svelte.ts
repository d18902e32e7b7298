/**
 * The calls behind the page's filter and range: pages by cursor, new ones on top as they come in, running ones that turn into recorded
 * ones in place. What is new is asked for, not guessed: only the server knows whether a call fits the filter.
 */
import type { CallListItem } from '../../db/queries/list-calls.ts'
import type { Api } from './api.ts'
import { isAbort } from './api.ts'
import type { Live } from './live.svelte.ts'
import type { Scope } from './scope.svelte.ts'

export interface CallList {
  readonly items: CallListItem[]
  /** Nothing is there yet. */
  readonly loading: boolean
  readonly error: Error | null
  /** A further page could be fetched. */
  readonly more: boolean
  readonly loadingMore: boolean
  readonly incomplete: string | null
  /** New calls that are kept back while the reader is further down. */
  readonly waiting: number
  /** Just come in: to be shown so for a moment. */
  readonly fresh: ReadonlySet<string>
  loadMore(): void
  refresh(): void
  /** True: keep new calls back. */
  hold(on: boolean): void
}

const POLL_MS = 700
const FRESH_MS = 1_600
const HEAD = 100

const newestFirst = (a: CallListItem, b: CallListItem) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1)

/** Call while a component is set up. `keep`: never more rows than this. */
export function createCallList(api: Api, scope: Scope, live: Live, { limit = 200, keep = Infinity } = {}): CallList {
  let items = $state.raw<CallListItem[]>([])
  let pending = $state.raw<CallListItem[]>([])
  let next = $state<string | null>(null)
  let incomplete = $state<string | null>(null)
  let error = $state.raw<Error | null>(null)
  let loading = $state(true)
  let loadingMore = $state(false)
  let fresh = $state.raw<ReadonlySet<string>>(new Set())
  let held = false
  let turn = $state(0)
  let abort = new AbortController()
  let polling = false
  let pollAgain = false
  let gone = false
  let freshTimer: ReturnType<typeof setTimeout> | undefined

  const about = () => {
    const { from, to } = scope.window
    return { q: scope.asked ?? '', from, to: 'span' in scope.range ? null : to }
  }
  const fail = (reason: unknown) => {
    if (!isAbort(reason)) error = reason instanceof Error ? reason : new Error(String(reason))
  }
  const key = $derived(scope.asked === null ? null : JSON.stringify([scope.asked, scope.range]))

  $effect(() => {
    void turn
    if (key === null) return
    abort = new AbortController()
    const { signal } = abort
    loading = true
    pending = []
    untrackedLoad(signal)
    return () => abort.abort()
  })
  // Reads the window without depending on it: "now" moving on must not start the list anew.
  function untrackedLoad(signal: AbortSignal) {
    queueMicrotask(() => {
      api.listCalls({ ...about(), limit: Math.min(limit, keep) }, signal).then(
        (page) => {
          items = page.items.slice(0, keep)
          next = page.next
          incomplete = page.incomplete
          error = null
          loading = false
        },
        (reason: unknown) => {
          fail(reason)
          if (!isAbort(reason)) loading = false
        },
      )
    })
  }

  function loadMore() {
    if (loadingMore || next === null || loading) return
    loadingMore = true
    api.listCalls({ ...about(), limit: 500, cursor: next }, abort.signal).then(
      (page) => {
        const known = new Set(items.map((item) => item.id))
        items = [...items, ...page.items.filter((item) => !known.has(item.id))]
        next = page.next
        incomplete = page.incomplete
        error = null
        loadingMore = false
      },
      (reason: unknown) => {
        fail(reason)
        loadingMore = false
      },
    )
  }

  /** Rows that are shown already take their new state in place. */
  function update(calls: readonly CallListItem[]) {
    const newer = new Map(calls.map((call) => [call.id, call]))
    if (items.some((item) => newer.has(item.id))) items = items.map((item) => newer.get(item.id) ?? item)
  }
  function add(calls: CallListItem[]) {
    if (calls.length === 0) return
    fresh = new Set(calls.map((call) => call.id))
    clearTimeout(freshTimer)
    freshTimer = setTimeout(() => (fresh = new Set()), FRESH_MS)
    items = [...calls, ...items].sort(newestFirst).slice(0, keep)
  }

  async function poll() {
    if (gone) return
    if (polling || loading) {
      pollAgain = true
      return
    }
    polling = true
    pollAgain = false
    try {
      const page = await api.listCalls({ ...about(), limit: Math.min(HEAD, keep) }, abort.signal)
      const shown = new Set(items.map((item) => item.id))
      update(page.items)
      const unseen = page.items.filter((item) => !shown.has(item.id))
      // More came in than one page holds: what lies between is not known, so the list starts anew from here.
      const leap = unseen.length === page.items.length && page.next !== null && items.length > 0
      if (held) pending = leap ? page.items : unseen
      else if (leap) [items, next] = [page.items.slice(0, keep), page.next]
      else add(unseen)
      error = null
    } catch (reason) {
      fail(reason)
    }
    setTimeout(() => {
      polling = false
      if (pollAgain) void poll()
    }, POLL_MS)
  }

  $effect(() => {
    const follows = scope.live
    return live.subscribe((event) => {
      if (event.type === 'recorded') update(event.calls)
      if (follows) void poll()
    })
  })

  $effect(() => () => {
    gone = true
    clearTimeout(freshTimer)
  })

  return {
    get items() {
      return items
    },
    get loading() {
      return loading
    },
    get error() {
      return error
    },
    get more() {
      return next !== null
    },
    get loadingMore() {
      return loadingMore
    },
    get incomplete() {
      return incomplete
    },
    get waiting() {
      return pending.length
    },
    get fresh() {
      return fresh
    },
    loadMore,
    refresh: () => void turn++,
    hold(on) {
      held = on
      if (on || pending.length === 0) return
      const waiting = pending
      pending = []
      if (waiting.length >= HEAD) turn++
      else add(waiting)
    },
  }
}
