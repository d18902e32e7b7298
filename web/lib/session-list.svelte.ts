/** Sessions behind the page's filter and range: pages by cursor; while calls come in the first page is asked for again and laid over. */
import type { Api } from './api.ts'
import { isAbort } from './api.ts'
import { createCalm } from './calm.svelte.ts'
import type { Live } from './live.svelte.ts'
import type { Scope } from './scope.svelte.ts'
import type { SessionItem } from './sessions.ts'

const PAGE = 50

/** Call while a component is set up. */
export function createSessionList(api: Api, scope: Scope, live: Live) {
  let items = $state.raw<SessionItem[]>([])
  let next = $state<string | null>(null)
  let incomplete = $state<string | null>(null)
  let error = $state.raw<Error | null>(null)
  let loading = $state(true)
  let loadingMore = $state(false)
  let turn = $state(0)
  let abort = new AbortController()
  const key = $derived(scope.asked === null ? null : JSON.stringify([scope.asked, scope.range]))

  const about = () => {
    const { from, to } = scope.window
    return { q: scope.asked ?? '', from, to: 'span' in scope.range ? null : to, limit: PAGE }
  }
  const fail = (reason: unknown) => {
    if (!isAbort(reason)) error = reason instanceof Error ? reason : new Error(String(reason))
  }

  $effect(() => {
    void turn
    if (key === null) return
    abort = new AbortController()
    const { signal } = abort
    loading = true
    // Reads the window without depending on it: "now" moving on must not start the list anew.
    queueMicrotask(() => void first(signal))
    return () => abort.abort()
  })
  async function first(signal: AbortSignal) {
    try {
      const page = await api.sessions(about(), signal)
      ;[items, next, incomplete, error] = [page.items, page.next, page.incomplete, null]
    } catch (reason) {
      fail(reason)
    }
    if (!signal.aborted) loading = false
  }

  async function loadMore() {
    if (loadingMore || loading || next === null) return
    loadingMore = true
    try {
      const page = await api.sessions({ ...about(), cursor: next }, abort.signal)
      const known = new Set(items.map(({ id }) => id))
      items = [...items, ...page.items.filter(({ id }) => !known.has(id))]
      ;[next, incomplete, error] = [page.next, page.incomplete, null]
    } catch (reason) {
      fail(reason)
    }
    loadingMore = false
  }

  /** What has gone on comes up to the top; what was there and did not stays where it was. */
  async function follow() {
    if (!scope.live || loading || scope.asked === null) return
    const { signal } = abort
    try {
      const page = await api.sessions(about(), signal)
      if (signal.aborted) return
      const newer = new Set(page.items.map(({ id }) => id))
      const last = page.items.at(-1)?.lastAt ?? 0
      const below = items.filter((item) => !newer.has(item.id) && item.lastAt <= last)
      items = [...page.items, ...below]
      if (below.length === 0) next = page.next
      error = null
    } catch (reason) {
      fail(reason)
    }
  }
  createCalm(live, () => void follow(), { calm: 2_500, idle: 60_000 })

  return {
    get items() {
      return items
    },
    get loading() {
      return loading
    },
    get loadingMore() {
      return loadingMore
    },
    get more() {
      return next !== null
    },
    get incomplete() {
      return incomplete
    },
    get error() {
      return error
    },
    loadMore: () => void loadMore(),
    refresh: () => void turn++,
  }
}
