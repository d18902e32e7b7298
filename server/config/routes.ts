/** `routes` of weir.yaml: a name that stands for several targets, and what happens when one of them fails. */
import { z } from 'zod'
import { type Bases, basesOf, builtinRow, FAMILY_WORDS, type Family, sharedFamilies } from '../providers/bases.ts'
import { builtinProviders } from '../providers/builtin.ts'
import { QUALITY_RULES } from '../policy/quality/rules.ts'
import { nearest } from './nearest.ts'
import { amount, duration, flag, oneOf, size, whole } from './units.ts'

const texts = (says: string) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .describe(says)
const pairs = (says: string) => z.record(z.string().min(1), z.string().min(1)).describe(says)

/** All that is named must hold; where a list is given, one of it. `*` stands for anything in names and values. */
const when = z
  .strictObject({
    tag: pairs('Tag → its value.'),
    key: texts('Names of Weir keys.'),
    team: texts('Teams.'),
    user: texts('Users.'),
    model: texts('The model that was asked for.'),
    header: pairs('Request header → its value, such as x-task: summarise.'),
    overBytes: size().describe('Request bodies larger than this.'),
    underBytes: size().describe('Request bodies smaller than this.'),
    stream: flag(),
    tools: flag().describe('Tools are offered.'),
    images: flag().describe('There is an image in the request.'),
  })
  .partial()

const target = z.preprocess(
  (value) => (typeof value === 'string' ? { target: value } : value),
  z.strictObject({
    target: z.string().min(1).describe('provider/model, or provider: the client’s own model.'),
    weight: amount().prefault(1).describe('For the strategy weighted. A canary: 95 and 5.'),
    credential: z.string().min(1).optional().describe('Only this one of the provider’s apiKeys or stored credentials.'),
    when: when.optional().describe('For the strategy rules; without it a target is for all calls that no rule takes.'),
  }),
)

const STATUS = /^[45]\d\d$/
const failure = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).toLowerCase())
  .refine((word) => ['5xx', '4xx', 'timeout', 'connect'].includes(word) || STATUS.test(word), {
    error: 'write 429, 5xx, 4xx, timeout, connect, or one status from 400 to 599',
  })

export const STRATEGIES = ['first', 'weighted', 'cheapest', 'fastest', 'least-busy', 'rules'] as const

const route = z.strictObject({
  strategy: oneOf(...STRATEGIES).prefault('first'),
  targets: z.array(target).min(1, { error: 'name at least one target' }).describe('In the order of preference.'),
  on: z
    .array(failure)
    .prefault(['429', '5xx', 'timeout', 'connect'])
    .describe('Failures that lead to the next target. 401, 402 and 403 always do.'),
  retries: whole(0, 10).prefault(0).describe('Further tries of the same target, with back-off.'),
  maxWait: duration().prefault('5s').describe('The most that one call waits between its tries, Retry-After included.'),
  sticky: flag().prefault(true).describe('A session keeps its target while that is healthy: prompt caches stay warm.'),
  cooldown: duration().prefault('30s').describe('Rest of a credential after a 429 that does not say how long.'),
  breaker: z
    .strictObject({
      failures: whole(1, 1000).prefault(5).describe('In a row, before the target is left alone.'),
      open: duration().prefault('30s').describe('For how long; then one call tries it.'),
    })
    .prefault({}),
  quality: z
    .array(oneOf(...QUALITY_RULES))
    .prefault([])
    .describe(
      'Answers that are no streams lead to the next target when they are empty, a refusal, cut off, filtered, or not the JSON asked for.',
    ),
  hedge: z
    .strictObject({
      after: duration().describe('Without a header from the first target for so long, the next is asked beside it.'),
    })
    .optional()
    .describe(
      'Asks a second target when the first is slow; the first to answer wins, the other is ended. Costs: both may be billed.',
    ),
  usage: z.strictObject({ inject: oneOf('off', 'on') }).optional(),
  disconnect: z
    .preprocess(
      (value) => (typeof value === 'string' ? { mode: value } : value),
      z.strictObject({
        mode: oneOf('abort', 'drain').prefault('abort'),
        maxMs: duration().prefault('5m').describe('How long to read on without the client.'),
        maxCost: amount()
          .optional()
          .describe('Dollars that such an answer may cost, by estimate; what cannot be priced is not read on.'),
      }),
    )
    .prefault({})
    .describe('When the client leaves: abort the upstream, or drain its answer, which is paid for.'),
})

export const routes = z.preprocess((value) => value ?? {}, z.record(z.string(), route))
export type RouteConfig = z.output<typeof route>
export type When = z.output<typeof when>

interface Named {
  providers: Record<
    string,
    {
      baseUrl?: string | undefined
      dialect?: Family | undefined
      apiKeys?: { name?: string | undefined }[] | undefined
    }
  >
  routes: Record<string, RouteConfig>
}

export interface RouteProblem {
  path: (string | number)[]
  says: string
}

/** What only the whole configuration can tell: who the targets are, and whether they speak one language. */
export function routeProblems({ providers, routes: all }: Named): RouteProblem[] {
  const names = [...new Set([...builtinProviders.map((row) => row.name), ...Object.keys(providers)])]
  return Object.entries(all).flatMap(([name, it]) => {
    const path = ['routes', name]
    const own = nameProblem(name, names)
    const found: RouteProblem[] = own ? [{ path, says: own }] : []
    it.targets.forEach((each, i) => {
      const says = targetProblem(each, providers, names)
      if (says) found.push({ path: [...path, 'targets', i], says })
    })
    const mixture = found.length === 0 ? mixtureProblem(it, providers) : null
    if (mixture) found.push({ path: [...path, 'targets'], says: mixture })
    return found
  })
}

function nameProblem(name: string, providers: readonly string[]): string | null {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(name))
    return `"${name}" cannot be asked for as a model: use letters, digits, . _ : -`
  return providers.includes(name) ? `"${name}" is a provider’s name: choose another for the route` : null
}

const providerOf = (text: string) => (text.includes('/') ? text.slice(0, text.indexOf('/')) : text)

function targetProblem(
  { target: text, credential }: RouteConfig['targets'][number],
  providers: Named['providers'],
  names: readonly string[],
): string | null {
  const name = providerOf(text)
  if (text.endsWith('/')) return `"${text}" names no model: write ${name}/MODEL, or ${name} for the client’s own model`
  if (!names.includes(name)) {
    const meant = nearest(name, names)
    return `"${text}" goes to a provider "${name}", which is not known${meant ? `: did you mean ${[meant, ...text.split('/').slice(1)].join('/')}?` : ': name it under providers, with its baseUrl'}`
  }
  if (builtinRow(name)?.baseUrl === '' && providers[name]?.baseUrl === undefined)
    return `every ${name} account has an address of its own: add providers.${name}.baseUrl`
  if (credential === undefined) return null
  const known = (providers[name]?.apiKeys ?? []).flatMap((each) => each.name ?? [])
  if (known.includes(credential)) return null
  // It may be the name of a stored credential, which only a running Weir knows.
  const meant = nearest(credential, known)
  return meant ? `providers.${name}.apiKeys has none with the name "${credential}": did you mean ${meant}?` : null
}

function mixtureProblem(it: RouteConfig, providers: Named['providers']): string | null {
  const bases = it.targets.map(({ target: text }): [string, Bases] => {
    const name = providerOf(text)
    return [name, basesOf(builtinRow(name), providers[name]?.dialect ?? null)]
  })
  if (sharedFamilies(bases.map(([, each]) => each)).length > 0) return null
  const spoken = new Map(bases.map(([name, each]) => [name, wordsFor(each)]))
  return `the targets of a route must speak one language, because requests are not translated: ${[...spoken].map(([name, says]) => `${name} speaks ${says}`).join(', ')}`
}

const wordsFor = (bases: Bases): string =>
  (Object.keys(FAMILY_WORDS) as Family[])
    .filter((family) => bases[family] !== null)
    .map((family) => FAMILY_WORDS[family])
    .join(' and ') || 'nothing that a route can use'
