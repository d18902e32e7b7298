/**
 * How a stream opens, for calls that have another target to go to: nothing of it is passed on until its first content is there,
 * because providers answer 200 and then, as the first event, that they are overloaded. Bounded: what goes on for too long passes.
 */
import type { Dialect } from '../dialects/dialect.ts'

export type Opening = 'more' | 'pass' | 'error'

export interface OpeningReader {
  push(bytes: Buffer): Opening
}

const MOST_EVENTS = 64
const MOST_BYTES = 256 * 1024
/** An event of this size is content, whatever it says. */
const LONGEST_EVENT = 16 * 1024

export function createOpening({ opening }: Dialect): OpeningReader {
  let kept = ''
  let events = 0
  let bytesSeen = 0
  if (!opening) return { push: () => 'pass' }
  const judge = (event: string): Opening => {
    if (event.length > LONGEST_EVENT) return 'pass'
    const { name, data } = readEvent(event)
    if (data === '') return 'more'
    const value = parse(data)
    const says = value === null ? 'content' : opening(value, name)
    return says === 'content' ? 'pass' : says === 'error' ? 'error' : 'more'
  }
  return {
    push(bytes) {
      bytesSeen += bytes.length
      if (bytesSeen > MOST_BYTES) return 'pass'
      kept += bytes.toString('latin1')
      for (let end = BLANK.exec(kept); end; end = BLANK.exec(kept)) {
        const says = judge(kept.slice(0, end.index))
        kept = kept.slice(end.index + end[0].length)
        if (says !== 'more') return says
        if (++events >= MOST_EVENTS) return 'pass'
      }
      return kept.length > LONGEST_EVENT ? 'pass' : 'more'
    },
  }
}

const BLANK = /\r\n\r\n|\n\n|\r\r/

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function readEvent(event: string): { name: string | null; data: string } {
  let name: string | null = null
  const data: string[] = []
  for (const line of event.split(/\r\n|\n|\r/)) {
    const [, field, value] = /^([^:]+):? ?(.*)$/s.exec(line) ?? []
    if (field === 'event') name = value!
    if (field === 'data') data.push(value!)
  }
  return { name, data: data.join('\n') }
}

/** null: no JSON object, such as `[DONE]`. */
function parse(data: string): Record<string, unknown> | null {
  if (!data.startsWith('{')) return null
  try {
    return JSON.parse(data) as Record<string, unknown>
  } catch {
    return null
  }
}
