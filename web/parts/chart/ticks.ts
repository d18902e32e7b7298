/** Labels for a time axis: as many as fit, dates where the day changes, clock times elsewhere. */
import { scaleLinear } from 'd3-scale'
import { timeTicks as niceTimes } from 'd3-time'
import { toClock, toDay, toMinute } from '../../lib/time.ts'

export interface Tick {
  x: number
  text: string
}

export function timeTicks(from: number, to: number, width: number, every = 110): Tick[] {
  const scale = scaleLinear([from, to], [0, width])
  // scaleTime would bring d3's own date formatter along, which nobody reads.
  return niceTimes(new Date(from), new Date(to), Math.max(2, Math.floor(width / every))).map((date) => {
    const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0
    return {
      x: scale(+date),
      text: midnight ? toDay(+date) : date.getSeconds() === 0 ? toMinute(+date) : toClock(+date),
    }
  })
}
