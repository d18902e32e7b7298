/**
 * What a page is about, read from the address: filter, range, live or not. A range that ends now has to be told what "now" is:
 * it moves on while calls come in, at a calm pace, and whenever somebody asks.
 */
import { formatFilter, parseFilter } from '../../db/filter.ts'
import type { ParsedFilter } from '../../db/filter.ts'
import type { Live } from './live.svelte.ts'
import type { Router } from './router.svelte.ts'
import { fromRange, toRange, toWindow } from './time.ts'
import type { Range, Window } from './time.ts'

export interface Scope {
  readonly q: string
  readonly filter: ParsedFilter
  /** The filter as the API takes it, null while it has mistakes: nothing is asked then. */
  readonly asked: string | null
  readonly range: Range
  readonly window: Window
  readonly live: boolean
  refresh(): void
  setQuery(q: string, options?: { replace?: boolean }): void
  setRange(range: Range): void
  setLive(on: boolean): void
}

const CALM_MS = 5_000
const IDLE_MS = 60_000

/** Call while a component is set up. */
export function createScope(router: Router, line: Live): Scope {
  let now = $state(Date.now())
  const q = $derived(router.params.get('q') ?? '')
  const filter = $derived(parseFilter(q))
  const rangeKey = $derived(JSON.stringify(toRange(router.params)))
  const range = $derived(JSON.parse(rangeKey) as Range)
  const live = $derived('span' in range && router.params.get('live') !== 'off')
  const window = $derived(toWindow(range, now))
  const refresh = () => (now = Date.now())

  $effect(() => {
    void rangeKey
    refresh()
  })
  $effect(() => {
    if (!live) return
    let waiting: ReturnType<typeof setTimeout> | undefined
    let last = Date.now()
    const soon = () => {
      waiting ??= setTimeout(
        () => {
          waiting = undefined
          last = Date.now()
          refresh()
        },
        Math.max(300, last + CALM_MS - Date.now()),
      )
    }
    const stop = line.subscribe((event) => event.type !== 'started' && soon())
    const idle = setInterval(() => document.visibilityState === 'visible' && refresh(), IDLE_MS)
    return () => {
      stop()
      clearTimeout(waiting)
      clearInterval(idle)
    }
  })
  $effect(() => (live ? undefined : line.subscribe((event) => event.type === 'missed' && refresh())))

  return {
    get q() {
      return q
    },
    get filter() {
      return filter
    },
    get asked() {
      return filter.problems.length > 0 ? null : formatFilter(filter)
    },
    get range() {
      return range
    },
    get window() {
      return window
    },
    get live() {
      return live
    },
    refresh,
    setQuery: (text, options) => router.set({ q: text }, options),
    setRange: (next) => router.set(fromRange(next)),
    setLive: (on) => router.set({ live: on ? null : 'off' }, { replace: true }),
  }
}
