/**
 * What makes two calls the same question. The body counts byte for byte: reordering keys "canonically" would merge requests
 * whose schemas differ in property order, which models do see.
 */
import { createHash } from 'node:crypto'

export interface Question {
  provider: string
  /** Another base URL is another provider. */
  origin: string
  /** The route that was asked for; its targets may change, its answers stay its own. */
  route: string | null
  /** Path and query as they go upstream, credentials taken out. */
  path: string
  /** Who may share answers: a team, a key or a credential. */
  scope: string
  namespace: string
  /** Headers that may change the answer: name, value. */
  headers: (readonly [name: string, value: string])[]
  /** As received. */
  body: Buffer
}

/** Headers that choose among answers or accounts; beside them every `…-version` and `…-beta`. */
const VARYING = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-type',
  'chatgpt-account-id',
  'openai-organization',
  'openai-project',
  'prefer',
  'x-goog-user-project',
  'x-use-cache',
])
const VARYING_NAME = /(?:^|-)(?:beta|version)$/
/** Which library asks is no question of its own. */
const CLIENT_VERSION = /^x-stainless-|^x-app-/

/** Sorted by name: the order of headers means nothing. */
export function varyingHeaders(raw: readonly string[]): Question['headers'] {
  const found: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (VARYING.has(name) || (VARYING_NAME.test(name) && !CLIENT_VERSION.test(name)))
      found.push([name, normalise(name, raw[i + 1]!)])
  }
  return found.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
}

/** `gzip, br` and `br,gzip` ask for the same. */
const normalise = (name: string, value: string): string =>
  name === 'accept-encoding'
    ? value
        .toLowerCase()
        .split(',')
        .map((token) => token.replaceAll(/\s/g, ''))
        .sort()
        .join(',')
    : value.trim()

const SECRET_PARAMETER = /([?&])(?:key|api[-_]?key|access[-_]token|token|sig|signature)=[^&#]*/gi

/** The credential stands in the scope, by its name. */
export const withoutCredentials = (path: string): string =>
  path.includes('?') ? path.replace(SECRET_PARAMETER, '$1') : path

/** Hex. The version changes when what is hashed does. */
export function keyOf(question: Question): string {
  return hashOf(question, 1).update(question.body).digest('hex')
}

/** The same for all questions in which nothing differs but the words of one text: `body` in pieces without it. */
export function bucketOf(question: Question, about: readonly string[], body: readonly Buffer[]): string {
  const hash = hashOf(question, 'semantic 1').update(JSON.stringify(about))
  // A length before each piece, so that no two cuts of one text look the same.
  for (const piece of body) hash.update(`\n${piece.length}\n`).update(piece)
  return hash.digest('hex')
}

function hashOf(question: Question, version: 1 | string) {
  const { provider, origin, route, path, scope, namespace, headers } = question
  const about = JSON.stringify([version, provider, origin, route, path, scope, namespace, headers])
  return createHash('sha256').update(about).update('\n')
}
