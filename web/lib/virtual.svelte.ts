/** @tanstack/virtual-core for runes: which rows of a long list are in sight. All rows have one height, so nothing is measured. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { VirtualItem } from '@tanstack/virtual-core'
import { untrack } from 'svelte'

export interface Virtual {
  readonly rows: VirtualItem[]
  /** Pixels of the whole list. */
  readonly height: number
  scrollTo(index: number): void
}

/** `covered`: pixels at the top of the scrolled area that a sticky head lies over. */
export function createVirtual(options: {
  count: () => number
  size: () => number
  covered: () => number
  element: () => HTMLElement | null
  /** Pixels that stand above the list within the scrolled area; rows' `start` counts them in. */
  margin?: () => number
}): Virtual {
  let version = $state(0)
  const changed = () => untrack(() => void version++)
  const settings = () => ({
    count: options.count(),
    getScrollElement: options.element,
    estimateSize: options.size,
    overscan: 12,
    // Without a margin the list begins below its head, and a row at the end needs the head's height more; with one it is counted in.
    scrollPaddingEnd: options.margin ? 0 : options.covered(),
    scrollPaddingStart: options.margin ? options.covered() : 0,
    scrollMargin: options.margin?.() ?? 0,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: changed,
  })
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>({ ...settings(), count: 0 })

  $effect(() => virtualizer._didMount())
  let size = 0
  $effect(() => {
    virtualizer.setOptions(settings())
    if (size !== options.size()) virtualizer.measure()
    size = options.size()
    virtualizer._willUpdate()
    changed()
  })

  return {
    get rows() {
      void version
      return virtualizer.getVirtualItems()
    },
    get height() {
      void version
      return virtualizer.getTotalSize()
    },
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  }
}
