/** Raw header arrays (name, value, name, value …) as the journal keeps them, read without building an object. */
export type RawHeaders = readonly string[]

/** The first value of a header, whatever the case of its name; null when it is not there. */
export const header = (headers: RawHeaders | null, name: string): string | null => {
  if (!headers) return null
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const candidate = headers[i] as string
    if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[i + 1] as string
  }
  return null
}

/** For storage and display: [[name, value], …] as JSON, order and duplicates kept. */
export const headersJson = (headers: RawHeaders): Uint8Array => {
  let json = '['
  for (let i = 0; i + 1 < headers.length; i += 2)
    json += `${i === 0 ? '' : ','}[${quoted(headers[i] as string)},${quoted(headers[i + 1] as string)}]`
  return Buffer.from(`${json}]`)
}

/** Forty strings a call, of which none needs escaping: a third of what JSON.stringify takes for the list of lists. */
const quoted = (text: string): string => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`)
// oxlint-disable-next-line no-control-regex
const ESCAPED = /["\\\x00-\x1f\ud800-\udfff]/
