/** Texts as digests, in forms that forgive what means nothing: key order, white space, times, ids. In memory only, never stored. */
import { hash } from 'node:crypto'

/** Longer arguments (files that are written) are compared as they stand: taking them apart costs milliseconds. */
const PARSED_AT_MOST = 32_768
const ERROR_LENGTH = 300

export const digest = (text: string): string => hash('sha1', text, 'base64')

/** Arguments with their keys in order; what is no JSON only without its outer white space. */
export function canonicalArguments(text: string): string {
  if (text.length > PARSED_AT_MOST) return text
  try {
    return JSON.stringify(sorted(JSON.parse(text) as unknown, 0))
  } catch {
    return text.trim()
  }
}

function sorted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 32) return value
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item, depth + 1)]),
  )
}

const FAILED =
  /^\W*(?:error|exception|traceback|fatal|failed|failure|invalid|cannot|could not|unable to|permission denied|not found)\b|^\s*\{[^{}]{0,40}"(?:error|errors|exception)"\s*:\s*(?!null|false|""|\[\])|"(?:is_error|isError)"\s*:\s*true|"(?:success|ok)"\s*:\s*false/i

/** Tools say in many ways that they failed; only some dialects have a field for it. */
export const looksFailed = (text: string): boolean => FAILED.test(text.slice(0, 400))

/** Without times, durations, addresses and ids, which differ from try to try; plain numbers stay, they often are the news. */
export const normalError = (text: string): string =>
  text
    .slice(0, 4 * ERROR_LENGTH)
    .toLowerCase()
    .replaceAll(/\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:z|[+-]\d\d:?\d\d)?/g, '@')
    .replaceAll(/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, '@')
    .replaceAll(/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, '#')
    .replaceAll(/\b0x[\da-f]+\b|\b(?=[a-f]*\d)[\da-f]{12,}\b|\b\d{9,}\b/g, '#')
    .replaceAll(/\b[a-z]{2,6}[-_](?=[a-z]*\d)[\da-z]{10,}\b/g, '#')
    .replaceAll(/\b\d+(?:\.\d+)?\s?(?:ms|µs|s|sec|secs|seconds?|minutes?)\b/g, '~')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, ERROR_LENGTH)
