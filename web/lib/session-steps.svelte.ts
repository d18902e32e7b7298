/**
 * One session with all its steps: fetched page after page, so that the first five hundred are there at once and five thousand soon after.
 * While it runs, the page that a new call falls into is asked for again: a call that began early may be stored late.
 */
import type { Api } from './api.ts'
import { isAbort } from './api.ts'
import type { Live } from './live.svelte.ts'
import type { SessionPage, Step } from './sessions.ts'

const CALM_MS = 1_000
type Page = SessionPage & { running: number }

/** Call while a component is set up. */
export function createSessionSteps(api: Api, live: Live, id: () => string) {
  /** Pages as they came; the cursor that each was asked for with is the `next` of the one before. */
  let pages = $state.raw<Page[]>([])
  let error = $state.raw<Error | null>(null)
  let loading = $state(true)
  let turn = $state(0)
  let dirtyFrom = Infinity
  let busy = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort = new AbortController()

  $effect(() => {
    void turn
    const wanted = id()
    abort = new AbortController()
    const { signal } = abort
    pages = []
    loading = true
    dirtyFrom = Infinity
    void load(wanted, 0, signal)
    return () => abort.abort()
  })

  /** Asks for page `from` and all after it. What is shown stays until its successor is there. */
  async function load(wanted: string, from: number, signal: AbortSignal) {
    busy = true
    try {
      for (let n = from; ; n++) {
        const cursor = n === 0 ? null : (pages[n - 1]?.next ?? null)
        if (n > 0 && cursor === null) {
          pages = pages.slice(0, n)
          break
        }
        const page = await api.getSession(wanted, cursor, signal)
        if (signal.aborted) return
        pages = [...pages.slice(0, n), page, ...pages.slice(n + 1)]
        error = null
      }
    } catch (reason) {
      if (signal.aborted || isAbort(reason)) return
      error = reason instanceof Error ? reason : new Error(String(reason))
    }
    busy = false
    loading = false
    if (dirtyFrom < Infinity) soon()
  }

  function soon() {
    timer ??= setTimeout(() => {
      timer = undefined
      if (busy) return
      const first = pages.findIndex((page) => (page.steps.at(-1)?.at ?? Infinity) >= dirtyFrom)
      dirtyFrom = Infinity
      void load(id(), first < 0 ? Math.max(0, pages.length - 1) : first, abort.signal)
    }, CALM_MS)
  }
  $effect(() => {
    const wanted = id()
    const stop = live.subscribe((event) => {
      // A call that is only beginning has no session yet, unless its client names one.
      const own = event.calls.filter((call) => call.sessionId === wanted)
      if (event.type !== 'missed' && own.length === 0) return
      dirtyFrom = Math.min(dirtyFrom, event.type === 'missed' ? 0 : Math.min(...own.map((call) => call.startedAt)))
      soon()
    })
    return () => {
      stop()
      clearTimeout(timer)
      timer = undefined
    }
  })

  const steps = $derived(pages.length === 1 ? (pages[0]?.steps ?? []) : unique(pages.flatMap((page) => page.steps)))
  const last = $derived(pages.at(-1) ?? null)
  return {
    get session() {
      return last?.session ?? null
    },
    get lanes() {
      return last?.lanes ?? []
    },
    get running() {
      return last?.running ?? 0
    },
    get steps() {
      return steps
    },
    /** Further steps are on their way. */
    get more() {
      return last !== null && last.next !== null
    },
    get loading() {
      return loading
    },
    get error() {
      return error
    },
    refresh: () => void turn++,
  }
}

/** Pages that were asked for at different times may overlap by what came in between. */
function unique(steps: Step[]): Step[] {
  const seen = new Set<string>()
  return steps.filter(({ callId }) => !seen.has(callId) && seen.add(callId))
}
