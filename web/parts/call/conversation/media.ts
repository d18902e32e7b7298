/** Which media may be shown from the bytes in a body. SVG is not among them: it is a document, not a picture. */
import type { Part } from '../../../../server/dialects/dialect.ts'

export type Media = Extract<Part, { type: 'media' }>

const SHOWN = {
  image: /^image\/(png|jpe?g|gif|webp|avif|bmp)$/,
  audio: /^audio\/(mpeg|mp3|wav|x-wav|wave|ogg|webm|mp4|aac|flac|x-m4a)$/,
  video: /^video\/(mp4|webm|ogg)$/,
  file: /^(?!)/,
}
/** Some dialects name only a format. */
const TYPES: Record<string, string> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  opus: 'audio/ogg',
  aac: 'audio/aac',
}
/** How each picture format begins, in base64: the declared type is the sender's word, this is the content's. */
const BEGINNINGS: Record<string, RegExp> = {
  'image/png': /^iVBORw0KGgo/,
  'image/jpeg': /^\/9j\//,
  'image/gif': /^R0lGOD/,
  'image/webp': /^UklGR.{6}XRUJQ|^UklGR[\w+/]{5,}V0VCU|^UklGR/,
  'image/avif': /^AAAA[\w+/]{2}mZ0eX|^AAAA.{2}ZnR5c/,
  'image/bmp': /^Qk/,
}

const normal = (type: string | null) => {
  const name = (type ?? '').toLowerCase().split(';')[0]!.trim()
  return name === 'image/jpg' ? 'image/jpeg' : (TYPES[name] ?? name)
}

/** What the bytes say they are, among the picture formats; null when they say nothing we know. */
const sniff = (data: string) => Object.keys(BEGINNINGS).find((type) => BEGINNINGS[type]!.test(data)) ?? null

/** A data: address that is safe to show, or null. */
export const toDataUrl = (media: Media): string | null => {
  if (!media.data || media.kind === 'file') return null
  const data = media.data.startsWith('data:') ? media.data.slice(media.data.indexOf(',') + 1) : media.data
  if (!/^[\w+/=\s-]+$/.test(data.slice(0, 4096))) return null
  const type = media.kind === 'image' ? sniff(data) : normal(media.mediaType)
  return type && SHOWN[media.kind].test(type) ? `data:${type};base64,${data}` : null
}

/** Size of the decoded bytes. */
export const sizeOf = (media: Media): number | null => (media.data ? Math.floor((media.data.length * 3) / 4) : null)

/** The bytes for a download: never with a type that a browser would open inside this origin. */
export const toBlob = (media: Media): Blob => {
  const binary = atob(
    media
      .data!.replace(/^data:[^,]*,/, '')
      .replaceAll('-', '+')
      .replaceAll('_', '/')
      .replace(/\s/g, ''),
  )
  return new Blob([Uint8Array.from(binary, (c) => c.charCodeAt(0))], { type: 'application/octet-stream' })
}

const ENDINGS: Record<string, string> = {
  'image/jpeg': 'jpg',
  'audio/mpeg': 'mp3',
  'application/pdf': 'pdf',
  'text/plain': 'txt',
}
export const fileName = (media: Media): string => {
  const type = normal(media.mediaType)
  return media.name ?? `${media.kind}.${ENDINGS[type] ?? type.split('/')[1]?.replace(/\W.*/, '') ?? 'bin'}`
}
