/** Findings of one state and verdict, newest first; while the page is looked at the first page is asked for again and laid over. */
import type { Api, FindingsAsked } from './api.ts'
import { isAbort } from './api.ts'
import type { Finding } from './sessions.ts'

const PAGE = 50

/** Call while a component is set up. */
export function createFindingList(api: Api, about: () => Pick<FindingsAsked, 'state' | 'verdict'>) {
  let items = $state.raw<Finding[]>([])
  let next = $state<string | null>(null)
  let error = $state.raw<Error | null>(null)
  let loading = $state(true)
  let loadingMore = $state(false)
  let turn = $state(0)
  let abort = new AbortController()

  const fail = (reason: unknown) => {
    if (!isAbort(reason)) error = reason instanceof Error ? reason : new Error(String(reason))
  }
  async function ask(cursor: string | null, take: (page: { items: Finding[]; next: string | null }) => void) {
    const { signal } = abort
    try {
      const page = await api.findings({ ...about(), limit: PAGE, cursor }, signal)
      if (signal.aborted) return
      take(page)
      error = null
    } catch (reason) {
      if (!signal.aborted) fail(reason)
    }
  }

  $effect(() => {
    void turn
    about()
    abort = new AbortController()
    const { signal } = abort
    items = []
    loading = true
    void ask(null, (page) => ([items, next] = [page.items, page.next])).then(() => {
      if (!signal.aborted) loading = false
    })
    return () => abort.abort()
  })

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
    get error() {
      return error
    },
    refresh: () => void turn++,
    follow() {
      if (loading) return
      void ask(null, (page) => {
        const known = new Set(page.items.map(({ id }) => id))
        const last = page.items.at(-1)?.lastAt ?? Infinity
        // Below the page nothing is known anew; within it, what is not there any more has another state now.
        const below = page.next === null ? [] : items.filter((item) => !known.has(item.id) && item.lastAt < last)
        items = [...page.items, ...below]
        if (below.length === 0) next = page.next
      })
    },
    loadMore() {
      if (loadingMore || next === null) return
      loadingMore = true
      void ask(next, (page) => {
        const known = new Set(items.map(({ id }) => id))
        items = [...items, ...page.items.filter(({ id }) => !known.has(id))]
        next = page.next
      }).then(() => (loadingMore = false))
    },
    /** It stays where it is with its new state, so that a slip can be taken back. */
    changed(finding: Finding) {
      items = items.map((item) => (item.id === finding.id ? finding : item))
    },
  }
}
