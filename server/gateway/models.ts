/**
 * `GET /v1/models` under Weir's own `/v1`: the models of the configured providers that Weir knows of and the key may use, without asking anyone.
 * Clients call it at their start and wait (Claude Code gives up after 3 s), so no upstream may be in its way.
 */
import type { KeyInForce } from '../policy/key.ts'
import type { Route } from '../policy/targets.ts'
import type { Gateway } from './gateway.ts'
import { elapsed, type LiveCall, type Rules } from './live.ts'
import { headerOf, ownHeaders } from './headers.ts'
import { mayUseProvider } from './rights.ts'
import { mayUseModel } from './route.ts'

export const asksForModels = (call: LiveCall): boolean => call.address?.provider === null && isModelList(call)

/** `/v1/models`, which needs no provider. */
export const isModelList = (call: LiveCall): boolean =>
  /^\/models(?:\?|$)/.test(call.address?.rest ?? '') && ['GET', 'HEAD'].includes(call.incoming.method!)

export interface Known {
  provider: string
  model: string
}

/** The database may be slow, locked or away. What it says later serves the next one who asks. */
const MOST_WAIT_MS = 700

/** Asks one question at a time; whoever cannot wait for its answer gets the last one, or none. */
export function createKnownModels(ask: () => Promise<readonly Known[]>): () => Promise<readonly Known[]> {
  let last: readonly Known[] = []
  let asking: Promise<void> | null = null
  const refresh = () =>
    ask()
      .then((known) => void (last = known))
      .catch(() => {})
      .finally(() => void (asking = null))
  return async () => {
    asking ??= refresh()
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, MOST_WAIT_MS)
    await Promise.race([asking, late.promise])
    clearTimeout(timer)
    return last
  }
}

export async function answerModels(call: LiveCall, gateway: Gateway): Promise<void> {
  const key = call.weirKey
  const shown = served(call.rules, await gateway.knownModels()).filter((each) => mayAsk(key, each))
  const routes = (call.rules.routes?.list() ?? []).filter((route) => mayTake(key, route))
  const data =
    headerOf(call.incoming.rawHeaders, 'anthropic-version') === null
      ? openaiList(shown, routes)
      : anthropicList(shown, routes)
  const body = Buffer.from(JSON.stringify(data))
  call.ending = {
    kind: 'whole',
    status: 200,
    headers: [
      'content-type',
      'application/json',
      'content-length',
      String(body.length),
      ...ownHeaders(call, elapsed(call), null),
    ],
    body,
  }
  call.answered = { outcome: 'ok', status: 200, errorCode: null, errorMessage: null }
}

/** What the key allows: as its calls would be judged (`rights.ts`, `route.ts`). */
const mayAsk = (key: KeyInForce | null, { provider, model }: Known): boolean =>
  key === null ||
  (key.routes === null && mayUseProvider(key, provider) && mayUseModel(key, { provider, model, named: false }))

const mayTake = (key: KeyInForce | null, route: Route): boolean =>
  key === null ||
  ((key.routes === null || key.routes.includes(route.name)) &&
    route.targets.some(
      ({ provider, model }) =>
        mayUseProvider(key, provider.name) && mayUseModel(key, { provider: provider.name, model, named: true }),
    ))

/**
 * What the configuration names and what is known, of the providers that `/v1` can reach. With nothing configured every built-in
 * provider is served: the client's own key passes through.
 */
function served({ config, providers }: Rules, known: readonly Known[]): Known[] {
  const configured = Object.entries(config.providers)
  const named = configured.flatMap(([provider, { models = [] }]) => models.map((model) => ({ provider, model })))
  const all = new Map([...named, ...known].map((each) => [`${each.provider}/${each.model}`, each]))
  const anyConfigured = providers.list().some((each) => each.configured)
  return [...all.values()].filter(({ provider }) => {
    const found = providers.find(provider)
    if (anyConfigured && !found?.configured) return false
    return found !== null && found.baseUrl !== '' && (found.openaiBase !== null || provider === 'anthropic')
  })
}

const openaiList = (models: Known[], routes: readonly Route[]) => ({
  object: 'list',
  data: [
    ...routes.map(({ name }) => openaiModel(name, 'weir')),
    ...models.map(({ provider, model }) => openaiModel(`${provider}/${model}`, provider)),
  ],
})

const openaiModel = (id: string, owner: string) => ({ id, object: 'model', created: 0, owned_by: owner })

function anthropicList(models: Known[], routes: readonly Route[]) {
  const ids = [
    ...routes.filter(({ families }) => families.includes('anthropic')).map(({ name }) => name),
    ...models.filter(({ provider }) => provider === 'anthropic').map(({ model }) => model),
  ]
  const data = ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' }))
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}
