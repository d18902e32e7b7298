/**
 * The stream's text by the moment it arrived: each event's visible delta, timed by the piece that carried the event's last byte. With a
 * compressed stream the place of an event among the wire's bytes is not known, and its share of the text stands in for it.
 */
import type { RawBody, StreamTimeline } from '../loader.ts'
import { isEventStream, isLineStream, toEvents } from '../raw/sse.ts'

export interface Frame {
  atMs: number
  text: string
  kind: 'text' | 'reasoning' | 'tool'
}

export const toFrames = (raw: RawBody, timeline: StreamTimeline): Frame[] => {
  if (
    raw.text === null ||
    !timeline.pieces.length ||
    !(isEventStream(raw.contentType) || isLineStream(raw.contentType))
  )
    return []
  const clock = createClock(timeline, new TextEncoder().encode(raw.text).length)
  const frames: Frame[] = []
  const encoder = new TextEncoder()
  let bytes = 0
  let searched = 0
  for (const event of toEvents(raw.text, raw.contentType)) {
    const at = raw.text.indexOf(event.text, searched)
    const end = at + event.text.length
    bytes += encoder.encode(raw.text.slice(searched, end)).length
    searched = end
    const delta = event.data === null ? null : toDelta(event.data)
    if (delta?.text) frames.push({ ...delta, atMs: clock(bytes) })
  }
  return frames
}

/** Bytes so far → when they were there. Asked with growing numbers. */
const createClock = ({ pieces }: StreamTimeline, textBytes: number) => {
  const wireBytes = pieces.reduce((sum, p) => sum + p.bytes, 0)
  const scale = wireBytes / Math.max(textBytes, 1)
  let i = 0
  let arrived = pieces[0]!.bytes
  return (bytes: number) => {
    while (arrived < Math.floor(bytes * scale) && i < pieces.length - 1) arrived += pieces[++i]!.bytes
    return pieces[i]!.atMs
  }
}

/** What an event adds to what a reader sees. The dialects agree on so little that one look at the known places is the whole of it. */
const toDelta = (data: string): Omit<Frame, 'atMs'> | null => {
  let event: any
  try {
    event = JSON.parse(data)
  } catch {
    return null
  }
  const choice = event?.choices?.[0]?.delta
  const delta = event?.delta
  const part = event?.candidates?.[0]?.content?.parts?.[0]
  const kind =
    /reason|think/.test(`${event?.type} ${delta?.type}`) || part?.thought
      ? 'reasoning'
      : /argument|input_json/.test(`${event?.type} ${delta?.type}`)
        ? 'tool'
        : 'text'
  const candidates: [unknown, Frame['kind']][] = [
    [choice?.content, 'text'],
    [choice?.reasoning_content ?? choice?.reasoning, 'reasoning'],
    [choice?.tool_calls?.[0]?.function?.arguments, 'tool'],
    [typeof delta === 'string' ? delta : (delta?.text ?? delta?.thinking ?? delta?.partial_json), kind],
    [part?.text, kind],
    [event?.message?.content, 'text'],
  ]
  const found = candidates.find(([text]) => typeof text === 'string' && text !== '')
  return found ? { text: found[0] as string, kind: found[1] } : null
}

/** How many frames had arrived at a moment (binary search: a replay asks sixty times a second). */
export const framesAt = (frames: Frame[], ms: number): number => {
  let low = 0
  let high = frames.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (frames[mid]!.atMs <= ms) low = mid + 1
    else high = mid
  }
  return low
}
