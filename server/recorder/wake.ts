/** Sleeping without polling: the journal's writer rings a cell in shared memory, messages ring too, and time runs out. */
export interface Wake {
  /** To be read before looking for work, so that what comes in between is not slept over. */
  seen(): number
  /** Resolves when the cell is no longer `seen`, on `ring`, or after `ms`. */
  sleep(seen: number, ms: number): Promise<void>
  ring(): void
}

export const createWake = (memory: SharedArrayBuffer): Wake => {
  const cell = new Int32Array(memory)
  let alarm: (() => void) | null = null
  let watched = false

  /** One waiter at a time: waitAsync cannot be cancelled, and each one left behind would be memory. */
  const watch = (seen: number) => {
    if (watched) return
    const result = Atomics.waitAsync(cell, 0, seen)
    if (!result.async) return alarm?.()
    watched = true
    void result.value.then(() => {
      watched = false
      alarm?.()
    })
  }

  return {
    seen: () => Atomics.load(cell, 0),
    ring: () => alarm?.(),
    sleep: (seen, ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => alarm?.(), Math.min(ms, 2 ** 31 - 1))
        alarm = () => {
          alarm = null
          clearTimeout(timer)
          resolve()
        }
        if (Atomics.load(cell, 0) !== seen) alarm()
        else watch(seen)
      }),
  }
}
