/**
 * `GET /v1/models` under Weir's own `/v1`: the models of the configured providers that Weir knows of, without asking anyone.
 * Clients call it at their start and wait (Claude Code gives up after 3 s), so no upstream may be in its way.
 */
import type { Gateway } from './gateway.ts'
import type { LiveCall } from './live.ts'
import { headerOf } from './headers.ts'

export const asksForModels = (call: LiveCall): boolean => call.address?.provider === null && isModelList(call)

/** `/v1/models`, which needs no provider. */
export const isModelList = (call: LiveCall): boolean => /^\/models(?:\?|$)/.test(call.address?.rest ?? '') && ['GET', 'HEAD'].includes(call.incoming.method!)

export async function answerModels(call: LiveCall, gateway: Gateway): Promise<void> {
  const known = await gateway.knownModels()
  const shown = known.filter(({ provider }) => isServed(call, provider))
  const data = headerOf(call.incoming.rawHeaders, 'anthropic-version') === null ? openaiList(shown) : anthropicList(shown)
  const body = Buffer.from(JSON.stringify(data))
  call.ending = { kind: 'whole', status: 200, headers: ['content-type', 'application/json', 'content-length', String(body.length), 'x-weir-call-id', call.id], body }
  call.answered = { outcome: 'ok', status: 200, errorCode: null, errorMessage: null }
}

/** With nothing configured every built-in provider is served: the client's own key passes through. */
function isServed(call: LiveCall, provider: string): boolean {
  const names = Object.keys(call.rules.config.providers)
  return names.length === 0 || names.includes(provider)
}

interface Known {
  provider: string
  model: string
}

const openaiList = (models: Known[]) => ({ object: 'list', data: models.map(({ provider, model }) => ({ id: `${provider}/${model}`, object: 'model', created: 0, owned_by: provider })) })

function anthropicList(models: Known[]) {
  const data = models
    .filter(({ provider }) => provider === 'anthropic')
    .map(({ model }) => ({ type: 'model', id: model, display_name: model, created_at: '1970-01-01T00:00:00Z' }))
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}
