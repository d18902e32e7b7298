/** Cuts a raw stream into its events as they stand, for showing: nothing is parsed, joined or trimmed. The server's reader understands them. */
export interface RawEvent {
  /** The lines of the event, without the blank line that ends it. */
  text: string
  /** Value of the `event:` line, or of `"type"` in the data; null when it has neither. */
  name: string | null
  /** Data lines joined, for layout; null for comments. */
  data: string | null
}

export const isEventStream = (contentType: string | null) => /^text\/event-stream\b/i.test(contentType ?? '')
export const isLineStream = (contentType: string | null) =>
  /^application\/(x-ndjson|jsonl|ndjson)\b/i.test(contentType ?? '')

export const toEvents = (text: string, contentType: string | null): RawEvent[] =>
  isLineStream(contentType)
    ? text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => ({ text: line, name: null, data: line }))
    : text
        .split(/\r?\n\r?\n|\r\r/)
        .filter((block) => block !== '')
        .map(toEvent)

const toEvent = (text: string): RawEvent => {
  const lines = text.split(/\r?\n|\r/)
  const values = (field: string) =>
    lines.filter((l) => l.startsWith(`${field}:`)).map((l) => l.slice(field.length + 1).replace(/^ /, ''))
  const data = values('data')
  const joined = data.length ? data.join('\n') : null
  return {
    text,
    name: values('event')[0] ?? /"type"\s*:\s*"([\w.-]{1,60})"/.exec(joined ?? '')?.[1] ?? null,
    data: joined,
  }
}
