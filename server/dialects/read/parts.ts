/** Putting message parts together, the same way in every dialect. */
import type { Message, Part, RequestFacts } from '../dialect.ts'
import { asJsonText, asName, asText, kept, type Json } from './json.ts'

type Written = Extract<Part, { type: 'text' | 'reasoning' | 'refusal' }>
type Media = Extract<Part, { type: 'media' }>

export const emptyRequest = (): RequestFacts => ({
  model: null,
  stream: null,
  messages: [],
  tools: [],
  maxTokens: null,
  settings: {},
  user: null,
  session: null,
  previousId: null,
  metadata: {},
})

/** Goes on with the last part where it is of the same type, so that a stream's deltas become one part. '' adds nothing. */
export function write(parts: Part[], type: Written['type'], text: string): void {
  if (text === '') return
  const last = parts.at(-1)
  if (last?.type === type) last.text += text
  else parts.push({ type, text })
}

export const raw = (kind: string, value: unknown): Part => ({ type: 'raw', kind, value: kept(value) })

export const toolCall = (
  call: Json,
  fields: { id: unknown; name: unknown; arguments: unknown; server?: boolean },
): Part => ({
  type: 'tool_call',
  id: asName(fields.id),
  name: asText(fields.name) ?? asText(call.type) ?? '',
  arguments: asJsonText(fields.arguments),
  ...(fields.server ? { server: true } : {}),
})

/** A link or a `data:` URL. https://www.rfc-editor.org/rfc/rfc2397 */
export function mediaFromUrl(kind: Media['kind'], url: string, name: string | null = null): Part {
  const named = name === null ? {} : { name }
  if (!url.startsWith('data:')) return { type: 'media', kind, mediaType: null, url, ...named }
  const comma = url.indexOf(',')
  const head = url.slice(5, comma < 0 ? url.length : comma)
  const mediaType = head.split(';', 1)[0] || null
  if (comma >= 0 && head.endsWith(';base64'))
    return { type: 'media', kind, mediaType, data: url.slice(comma + 1), ...named }
  return { type: 'media', kind, mediaType, url, ...named }
}

export const mediaFromData = (
  kind: Media['kind'],
  mediaType: string | null,
  data: string,
  name: string | null = null,
): Part => ({
  type: 'media',
  kind,
  mediaType,
  data,
  ...(name === null ? {} : { name }),
})

export const mediaFromId = (kind: Media['kind'], fileId: string, name: string | null = null): Part => ({
  type: 'media',
  kind,
  mediaType: null,
  fileId,
  ...(name === null ? {} : { name }),
})

export const kindOfMedia = (mediaType: string | null): Media['kind'] =>
  mediaType?.startsWith('image/')
    ? 'image'
    : mediaType?.startsWith('audio/')
      ? 'audio'
      : mediaType?.startsWith('video/')
        ? 'video'
        : 'file'

/** A message of plain text. */
export const said = (role: string, text: string): Message => ({
  role,
  parts: text === '' ? [] : [{ type: 'text', text }],
})

/** Citations belong to the text that they support: the last one before them. */
export function cite(parts: Part[], citations: unknown[]): void {
  if (citations.length === 0) return
  const text = parts.findLast((part) => part.type === 'text')
  if (text?.type === 'text') text.citations = [...(text.citations ?? []), ...citations.map(kept)]
  else parts.push(raw('citations', citations))
}
