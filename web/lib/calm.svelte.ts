/** Asks again while calls come in, at a calm pace, and now and then while nothing happens; a page that nobody sees asks nothing. */
import type { Live } from './live.svelte.ts'

const CALM_MS = 4_000
const IDLE_MS = 20_000

/** Call while a component is set up. */
export function createCalm(live: Live, refresh: () => void, { calm = CALM_MS, idle = IDLE_MS } = {}): void {
  $effect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined
    let last = Date.now()
    const now = () => {
      waiting = undefined
      last = Date.now()
      if (document.visibilityState === 'visible') refresh()
    }
    const soon = () => {
      waiting ??= setTimeout(now, Math.max(300, last + calm - Date.now()))
    }
    const stop = live.subscribe((event) => event.type !== 'started' && soon())
    const ticking = setInterval(now, idle)
    return () => {
      stop()
      clearTimeout(waiting)
      clearInterval(ticking)
    }
  })
}
