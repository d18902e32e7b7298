/**
 * The pointer over a time chart: hover tells a point, a drag chooses a span, a click chooses one step. Esc lets go.
 * Positions are pixels from the plot's left edge; the chart turns them into times.
 */
export interface Brush {
  /** Where the pointer is, null when it is not over the plot. */
  readonly at: number | null
  /** What is being dragged over, left to right. */
  readonly span: [number, number] | null
  readonly handlers: {
    onpointerdown(event: PointerEvent): void
    onpointermove(event: PointerEvent): void
    onpointerup(event: PointerEvent): void
    onpointerleave(): void
    onpointercancel(): void
  }
}

const CLICK_PX = 4

export function createBrush(done: (from: number, to: number) => void, clicked: (at: number) => void): Brush {
  let at = $state<number | null>(null)
  let start = $state<number | null>(null)
  const place = (event: PointerEvent) => event.clientX - (event.currentTarget as Element).getBoundingClientRect().left
  const letGo = () => (start = null)

  return {
    get at() {
      return at
    },
    get span(): [number, number] | null {
      if (start === null || at === null || Math.abs(at - start) < CLICK_PX) return null
      return at < start ? [at, start] : [start, at]
    },
    handlers: {
      onpointerdown(event) {
        if (event.button !== 0) return
        start = at = place(event)
        ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
      },
      onpointermove(event) {
        at = place(event)
      },
      onpointerup(event) {
        at = place(event)
        if (start === null) return
        if (Math.abs(at - start) < CLICK_PX) clicked(at)
        else done(Math.min(at, start), Math.max(at, start))
        letGo()
      },
      onpointerleave() {
        if (start === null) at = null
      },
      onpointercancel() {
        at = null
        letGo()
      },
    },
  }
}
