/** Calls, failures and durations of the last hour, minute by minute, in bounded memory: what `GET /api/routes` shows. */
export interface Window {
  add(now: number, ms: number, failed: boolean): void
  read(now: number): WindowFigures
}

export interface WindowFigures {
  calls1h: number
  /** null: no call. */
  errorShare1h: number | null
  p50Ms1h: number | null
}

const MINUTE = 60_000
const MINUTES = 60
/** Durations in steps of a seventh: 7 ms … 1.4 h within 7 %. */
const STEP = 1.15
const STEPS = 110
const stepOf = (ms: number) => Math.min(STEPS - 1, Math.max(0, Math.round(Math.log(Math.max(1, ms)) / Math.log(STEP))))

interface Slot {
  minute: number
  calls: number
  errors: number
  steps: Uint32Array
}

export function createWindow(): Window {
  const slots: (Slot | undefined)[] = Array.from({ length: MINUTES })
  const slotFor = (minute: number): Slot => {
    const at = minute % MINUTES
    const found = (slots[at] ??= { minute, calls: 0, errors: 0, steps: new Uint32Array(STEPS) })
    if (found.minute === minute) return found
    found.minute = minute
    found.calls = 0
    found.errors = 0
    found.steps.fill(0)
    return found
  }
  return {
    add(now, ms, failed) {
      const slot = slotFor(Math.floor(now / MINUTE))
      slot.calls++
      if (failed) slot.errors++
      else slot.steps[stepOf(ms)]!++
    },
    read(now) {
      const oldest = Math.floor(now / MINUTE) - MINUTES
      const live = slots.filter((slot) => slot !== undefined && slot.minute > oldest) as Slot[]
      const calls = live.reduce((sum, slot) => sum + slot.calls, 0)
      const errors = live.reduce((sum, slot) => sum + slot.errors, 0)
      return { calls1h: calls, errorShare1h: calls === 0 ? null : errors / calls, p50Ms1h: median(live) }
    },
  }
}

function median(slots: readonly Slot[]): number | null {
  const counts = Array.from({ length: STEPS }, (_, step) => slots.reduce((sum, slot) => sum + slot.steps[step]!, 0))
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  const middle = counts.findIndex((count) => (seen += count) * 2 >= total)
  return Math.round(STEP ** middle)
}
