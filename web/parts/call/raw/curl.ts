/**
 * The request as a curl command that a person can run: through Weir, with a placeholder where the credential was (Weir keeps only its mask).
 * What curl sets itself is left out. Bodies beyond a command line's size are read from a file.
 */
import type { RawHeaders } from '../loader.ts'

const LONGEST_BODY = 100_000
const OWN =
  /^(host|content-length|connection|accept-encoding|transfer-encoding|expect|keep-alive|te|upgrade|proxy-connection|content-encoding)$/i
/** How Weir writes a secret that it has not kept (server/gateway/mask.ts): dots, and the last four characters of long ones. */
const MASK = /••••[^\s;&,]{0,4}/g
const VARIABLES: Record<string, string> = { 'x-weir-key': '$WEIR_KEY', cookie: '$COOKIE' }

export const isMasked = (value: string) => value.includes('••••')

export interface CurlParts {
  origin: string
  method: string
  path: string
  headers: RawHeaders['request']
  body: string | null
}

export const toCurl = ({ origin, method, path, headers, body }: CurlParts): string => {
  const lines = [`curl ${quote(origin + path)}`]
  const sends = body !== null && body !== ''
  if (method !== (sends ? 'POST' : 'GET')) lines.push(`-X ${method}`)
  for (const [name, value] of headers) {
    if (OWN.test(name)) continue
    lines.push(`-H ${quote(`${name}: ${value}`, VARIABLES[name.toLowerCase()])}`)
  }
  if (sends) lines.push(body.length > LONGEST_BODY ? '--data-binary @request.json' : `--data-raw ${plain(body)}`)
  return lines.join(' \\\n  ')
}

/**
 * Single quotes for a POSIX shell: nothing inside is expanded. Where a mask stands, double quotes, in which the variable that takes its
 * place is the only thing expanded.
 */
const quote = (text: string, variable = '$API_KEY') =>
  isMasked(text) ? `"${text.replace(/["\\`$]/g, '\\$&').replace(MASK, () => variable)}"` : plain(text)
const plain = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
