/** The bounded queue between the hub and one reader. A reader who does not take what is his loses it, never the memory of Weir. */

/** About two thousand events. */
const MAX_BYTES = 1_048_576
/** A connection that takes nothing at all for this long after it overflowed is cut. */
const CUT_AFTER_MS = 30_000

export interface LiveQueue {
  readonly stream: ReadableStream<Uint8Array>
  /** `upTo`: number of the last event in it. What does not fit ends the queue with `onOverflow`'s words. */
  push(text: string, upTo: number): void
  end(lastWords?: string): void
}

/** `onOverflow` gives the last words to a slow reader, who has taken events up to `taken`; `onClose` is called once, however it ended. */
export const createLiveQueue = (onOverflow: (taken: number) => string, onClose: () => void): LiveQueue => {
  const encoder = new TextEncoder()
  let waiting: string[] = []
  let size = 0
  let queued = 0
  let taken = 0
  let ending = false
  let closed = false
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let wake: (() => void) | null = null

  const close = () => {
    if (closed) return
    closed = true
    onClose()
    wake?.()
  }
  const take = () => {
    if (waiting.length > 0) {
      controller.enqueue(encoder.encode(waiting.join('')))
      waiting = []
      size = 0
      taken = queued
    } else if (ending) {
      close()
      controller.close()
    }
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start(it) {
        controller = it
      },
      async pull() {
        if (waiting.length === 0 && !ending && !closed) await new Promise<void>((resolve) => (wake = resolve))
        wake = null
        if (!closed) take()
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )

  const end = (lastWords?: string) => {
    if (ending || closed) return
    ending = true
    if (lastWords !== undefined) waiting.push(lastWords)
    wake?.()
    const cut = () => {
      if (closed) return
      close()
      controller.error(new Error('the reader of /api/live takes nothing'))
    }
    setTimeout(cut, CUT_AFTER_MS).unref()
  }

  return {
    stream,
    push(text, upTo) {
      if (ending || closed) return
      // What comes first is taken however long it is: the backlog of a reader who comes back is one text.
      if (waiting.length > 0 && size + text.length > MAX_BYTES) {
        waiting = []
        return end(onOverflow(taken))
      }
      waiting.push(text)
      size += text.length
      queued = upTo
      wake?.()
    },
    end,
  }
}
