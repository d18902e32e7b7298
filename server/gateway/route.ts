/** Which route a call takes, if it asks for one, and the targets that it may try there, in order. No state changes here. */
import { nearest } from '../config/nearest.ts'
import { WeirError } from '../errors.ts'
import { isOpen } from '../policy/breaker.ts'
import { createPatterns } from '../policy/pattern.ts'
import type { RuleFacts } from '../policy/rule.ts'
import { strategies } from '../policy/strategies/registry.ts'
import type { Ask } from '../policy/strategies/strategy.ts'
import type { Route, RouteTarget } from '../policy/targets.ts'
import { FAMILY_WORDS, builtinRow, type Family } from '../providers/bases.ts'
import { bindingOf } from './binding.ts'
import type { Gateway } from './gateway.ts'
import { headerOf } from './headers.ts'
import type { LiveCall } from './live.ts'
import type { LiveRoute } from './live-route.ts'
import { mayUseProvider } from './rights.ts'
import { sessionOf } from './route-session.ts'
import type { TopLevel } from './scan.ts'

/** By `x-weir-route`, and under `/v1` by a model of that name. Only asked where routes are configured. */
export function askedRoute(call: LiveCall): Route | null {
  const routes = call.rules.routes!
  const wish = headerOf(call.incoming.rawHeaders, 'x-weir-route')
  const viaV1 = call.address!.provider === null
  if (wish === null) return viaV1 && call.model !== null ? routes.find(call.model) : null
  const found = routes.find(wish)
  // Under /v1 a provider's name is a route too, the simplest of all.
  if (found || (viaV1 && call.rules.providers.find(wish))) return found
  const meant = nearest(
    wish,
    routes.list().map(({ name }) => name),
  )
  throw new WeirError(
    'bad_request',
    `x-weir-route names "${wish}", which is no route of this Weir${
      meant
        ? `: did you mean ${meant}?`
        : `. It has: ${routes
            .list()
            .map(({ name }) => name)
            .join(', ')}.`
    }`,
  )
}

export function takeRoute(call: LiveCall, route: Route, scanned: TopLevel | null, gateway: Gateway): LiveRoute {
  const { family, tail } = familyOf(call, route)
  const named = call.model === route.name
  const session = route.sticky ? sessionOf(call, scanned) : null
  const stay = session === null ? null : `${route.name} ${session}`
  const own = call.caller.credential === null ? null : (call.address!.provider ?? route.targets[0]!.provider.name)
  const ask = toAsk(call, route, scanned, gateway)
  const strategy = strategies[route.strategy]
  const ordered = strategy.order(ask)
  const excluded: string[] = []
  const fitting = ordered.filter((target) => {
    const why = unfit(call, target, own, named)
    if (why !== null && !excluded.includes(why)) excluded.push(why)
    return why === null
  })
  if (fitting.length === 0) throw noTarget(route, excluded)
  const binding = bindingOf(call, scanned, gateway)
  const place = binding?.place ?? (stay === null ? null : (gateway.routing.stays.get(stay) ?? null))
  const stayed = targetAt(fitting, place, gateway)
  const targets = stayed ? [stayed, ...fitting.filter((target) => target !== stayed)] : fitting
  return {
    name: route.name,
    route,
    strategy,
    ask,
    targets: binding ? [targets[0]!] : targets,
    excluded,
    family,
    tail,
    scanned,
    model: named ? null : call.model,
    named,
    ownProvider: own,
    stay,
    stayed,
    bound: binding?.why ?? null,
    unknownId: binding && !binding.place ? binding.id : null,
    fitting,
    boundTo: binding ? (place?.credential ?? null) : null,
    common: null,
  }
}

/** A session stays where it is while that is healthy; 10 minutes without a call, and its prompt cache is cold anyway. */
const STAY_MS = 10 * 60_000

function targetAt(
  targets: readonly RouteTarget[],
  place: { target: string; credential: string | null; at?: number } | null,
  { routing }: Gateway,
): RouteTarget | null {
  if (place === null || (place.at !== undefined && routing.now() - place.at > STAY_MS)) return null
  const found = targets.find(({ name }) => name === place.target)
  return found && !isOpen(routing.health(found.name).breaker, routing.now()) ? found : null
}

function toAsk(call: LiveCall, route: Route, scanned: TopLevel | null, { routing }: Gateway): Ask {
  return {
    targets: route.targets,
    facts: toFacts(call, scanned),
    health: ({ name }) => routing.health(name),
    random: routing.random,
    now: routing.now(),
  }
}

/** What marks an image in a body, in any of the dialects. */
const IMAGE_MARKS = ['"image_url"', '"input_image"', '"image/', '"inlineData"', '"inline_data"']

function toFacts(call: LiveCall, scanned: TopLevel | null): RuleFacts {
  const { caller, body } = call
  const bytes = body.kind === 'whole' ? body.bytes : null
  const declared = Number(call.incoming.headers['content-length'] ?? 0)
  const tools = scanned?.values.get('tools')
  return {
    key: caller.key,
    team: caller.team,
    user: caller.user,
    tags: caller.tags,
    model: call.model,
    bodyBytes: bytes?.length ?? declared,
    stream: call.stream === true,
    header: (lowerName) => headerOf(call.incoming.rawHeaders, lowerName),
    hasTools: () => tools?.type === 'array' && tools.end - tools.start > 2,
    hasImages: () => bytes !== null && IMAGE_MARKS.some((mark) => bytes.includes(mark)),
  }
}

/** Under `/v1` the path says it; at a provider's own address the dialect that reads it does. */
function familyOf(call: LiveCall, route: Route): { family: Family; tail: string } {
  const { rest, provider } = call.address!
  const { family, tail } = provider === null ? underV1(rest) : atProvider(call, rest)
  if (route.families.includes(family)) return { family, tail }
  throw new WeirError(
    'bad_request',
    `This request speaks ${FAMILY_WORDS[family]}, and the targets of the route ${route.name} speak ${route.families.map((each) => FAMILY_WORDS[each]).join(' or ')}: requests are not translated.`,
  )
}

const underV1 = (rest: string): { family: Family; tail: string } => ({
  family: /^\/messages(?:[/?]|$)/.test(rest) ? 'anthropic' : 'openai',
  tail: rest,
})

function atProvider(call: LiveCall, rest: string): { family: Family; tail: string } {
  const { bases, name } = call.provider!
  const path = rest.split('?', 1)[0]!
  const dialect = call.provider!.recognise(call.incoming.method!, path)?.dialect.name ?? 'generic'
  const family = (['anthropic', 'gemini', 'openai'] as const).find((each) => dialect.startsWith(each))
  const base = family ? bases[family] : null
  if (family && base !== null && rest.startsWith(base)) return { family, tail: rest.slice(base.length) }
  throw new WeirError(
    'bad_request',
    `${path} at ${name} cannot take a route: Weir does not know where it lives at other providers. Leave x-weir-route out, or use /v1.`,
  )
}

/** Why this call must not go there, however healthy it is. A client's own credential is shown to its own provider only. */
function unfit(call: LiveCall, target: RouteTarget, own: string | null, named: boolean): string | null {
  const { provider, name, model } = target
  const { weirKey } = call
  if (!mayUseProvider(weirKey, provider.name))
    return `${name} is left out: the key ${weirKey!.name} may not use ${provider.name}`
  if (!mayUseModel(weirKey, { provider: provider.name, model: model ?? (named ? null : call.model), named }))
    return `${name} is left out: the key ${weirKey!.name} may not use this model`
  if (named && model === null)
    return `${name} is left out: it names no model, and the route’s name stood in place of one`
  if (own === provider.name) return null
  if (own === null && call.caller.trusted && target.lacks !== null) return `${name} is left out: ${target.lacks}`
  const holds = target.credentials.length > 0 || Object.keys(provider.secretHeaders).length > 0
  if (holds)
    return call.caller.trusted
      ? null
      : `${name} is left out: Weir’s credential for ${provider.name} is only for calls with a Weir key`
  const needsNone = provider.local || builtinRow(provider.name) === undefined
  return own === null || needsNone
    ? null
    : `${name} is left out: the client’s own credential is for ${own}, and Weir has none for ${provider.name}`
}

/** A key that names the routes that it may use, may use them for whatever model they lead to. */
export function mayUseModel(
  key: LiveCall['weirKey'],
  { provider, model, named }: { provider: string; model: string | null; named: boolean },
): boolean {
  if (key === null || key.models === null || model === null || (named && key.routes !== null)) return true
  return createPatterns(key.models)(model) || createPatterns(key.models)(`${provider}/${model}`)
}

function noTarget(route: Route, excluded: readonly string[]): WeirError {
  const why = excluded.length > 0 ? excluded.join('; ') : 'no condition of its targets holds'
  const noKey = excluded.some((each) => each.includes('Weir key'))
  const lacking = route.targets.some(({ lacks }) => lacks !== null && excluded.some((each) => each.endsWith(lacks)))
  return new WeirError(
    noKey ? 'credential_required' : lacking ? 'keys_unavailable' : 'bad_request',
    `The route ${route.name} has no target for this call: ${why}.`,
    lacking ? { headers: { 'x-should-retry': 'false' } } : {},
  )
}
