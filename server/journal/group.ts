/**
 * Group commit: the entries of a tick go out in one write, and while that is on its way the next ones gather. Bounded in
 * time too: when a write hangs, those who wait for it are let go, so that a sick disk slows calls down but does not stop them.
 */
import { isResponse } from './encode.ts'
import type { Encoder, Pending } from './encode.ts'
import type { Segments } from './segments.ts'

/** After entries had to be given up, nothing is tried for so long: a dead disk should not cost a core. */
const REST_MS = 100

export interface GroupOptions {
  encoder: Encoder
  segments(): Segments
  /** Int32 cell that the recorder sleeps on. */
  wake: SharedArrayBuffer | null
  /** An entry could not be kept. Called before its `done`. */
  gaveUp(entry: Pending): void
  /** A write came back whole. */
  wrote(): void
}

export interface Group {
  push(entry: Pending): void
  /** Bytes queued or being written. */
  queued(): number
  entriesWritten(): number
  /** For the segments: the entry's write came back, or was given up. */
  settle(entry: Pending, kept: boolean): void
  /** For the segments: the disk failed, or (null) worked again. */
  failed(error: Error | null): void
  healthy(): boolean
  /** Nothing is queued or being written. */
  isIdle(): boolean
  /** Resolves when nothing is queued or being written. */
  idle(): Promise<void>
  /** Does something with the segments while no write is outstanding; skipped when one is. */
  between(work: (done: () => void) => void): void
  /** Lets everybody go who waits for a write that is out for longer than this. */
  releaseStalled(stallMs: number): void
}

const noDone = (): void => {}

export const createGroup = ({ encoder, segments, wake, gaveUp, wrote }: GroupOptions): Group => {
  const cell = wake ? new Int32Array(wake) : null
  let queue: Pending[] = []
  let writing: Pending[] = []
  let queuedBytes = 0
  let written = 0
  let busy = false
  let busySince = 0
  let scheduled = false
  let stalled = false
  let trouble = false
  let restUntil = 0
  let sawEnd = false
  let waiting: (() => void)[] = []

  const settle = (entry: Pending, kept: boolean): void => {
    queuedBytes -= entry.charged
    if (kept) {
      written++
      if (entry.kind === 'end') sawEnd = true
    } else {
      gaveUp(entry)
    }
    encoder.free(entry)
    entry.done(kept)
  }

  /** The disk did not take it: rest. (Entries refused while resting must not prolong the rest.) */
  const settleWritten = (entry: Pending, kept: boolean): void => {
    if (!kept) restUntil = Date.now() + REST_MS
    settle(entry, kept)
  }

  const free = (): void => {
    busy = false
    stalled = false
    if (queue.length > 0) return schedule()
    const woken = waiting
    waiting = []
    for (const wakeUp of woken) wakeUp()
  }

  const committed = (): void => {
    writing = []
    if (sawEnd && cell) {
      Atomics.add(cell, 0, 1)
      Atomics.notify(cell, 0)
    }
    sawEnd = false
    wrote()
    free()
  }

  const commit = (): void => {
    scheduled = false
    if (busy || queue.length === 0) return
    busy = true
    busySince = Date.now()
    writing = queue
    queue = []
    segments().write(writing, committed)
  }

  /** After this tick's reads: whatever they brought goes with it. */
  const schedule = (): void => {
    if (busy || scheduled) return
    scheduled = true
    setImmediate(commit)
  }

  return {
    settle: settleWritten,
    push(entry) {
      queuedBytes += entry.charged
      if (stalled || (trouble && Date.now() < restUntil)) return settle(entry, false)
      queue.push(entry)
      schedule()
    },
    queued: () => queuedBytes,
    entriesWritten: () => written,
    failed: (error) => {
      trouble = error !== null
    },
    healthy: () => !trouble && !stalled,
    isIdle: () => !busy && queue.length === 0,
    idle: () => (busy || queue.length > 0 ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    between(work) {
      if (busy) return
      busy = true
      busySince = Date.now()
      work(free)
    },
    releaseStalled(stallMs) {
      if (!busy || stalled || Date.now() - busySince < stallMs) return
      stalled = true
      for (const entry of writing) {
        // It may still come to the disk; only nobody waits for it any longer.
        entry.done(false)
        entry.done = noDone
      }
      const dropped = queue
      queue = []
      for (const entry of dropped) settle(entry, false)
    },
  }
}

export const direction = (entry: Pending): 1 | 2 => (isResponse(entry) ? 2 : 1)
