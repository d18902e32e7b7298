/** What is known of a target by trying it: how busy, how fast, how cheap, and whether it is worth trying now. */
import { type Breaker, createBreaker } from './breaker.ts'
import { createWindow, type Window } from './window.ts'

/** A mean that forgets: the newest sample counts for a fifth. */
export interface Mean {
  value: number | null
  /** Time of the newest sample. */
  at: number
}

const NEWEST = 0.2

export const learn = (mean: Mean, sample: number, now: number): void => {
  mean.value = mean.value === null ? sample : mean.value + NEWEST * (sample - mean.value)
  mean.at = now
}

export interface Health {
  breaker: Breaker
  inFlight: number
  /** Milliseconds to the first byte of a stream. */
  firstByte: Mean
  /** Milliseconds of whole answers that are no streams. */
  whole: Mean
  /** Nano-dollars a token, as settled calls tell. */
  price: Mean
  window: Window
}

const unknown = (): Mean => ({ value: null, at: 0 })

export const createHealth = (): Health => ({
  breaker: createBreaker(),
  inFlight: 0,
  firstByte: unknown(),
  whole: unknown(),
  price: unknown(),
  window: createWindow(),
})
