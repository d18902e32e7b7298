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
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i] as string, headers[i + 1] as string])
  return Buffer.from(JSON.stringify(pairs))
}
