/** What follows from the configuration and the stored credentials: the rules that a call keeps, and what the recorder must know. */
import type { Config } from './config/config.ts'
import type { Credentials } from './credentials/credentials.ts'
import type { Rules } from './gateway/live.ts'
import { createTrust } from './origin.ts'
import { createRoutes } from './policy/targets.ts'
import { createProviders } from './providers/registry.ts'
import type { ProviderFacts, RecorderOptions } from './recorder/messages.ts'

export const toRules = (config: Config, credentials: Credentials): Rules => {
  const providers = createProviders(config, credentials)
  return {
    config,
    providers,
    routes: createRoutes(config, providers),
    isTrustedProxy: createTrust(config.trustedProxies),
  }
}

/** Sent again at each reload. */
export const toRecorderSettings = ({
  config,
  providers,
}: Rules): Pick<RecorderOptions, 'retention' | 'capture' | 'prices' | 'providers' | 'loops'> => ({
  retention: { contentMs: config.retention.content, callsMs: config.retention.calls, maxBytes: config.retention.bytes },
  capture: { maxBytes: config.capture.maxBytes },
  prices: { overrides: config.prices, aliases: config.aliases },
  loops: config.loops,
  providers: providers.list().map((provider): ProviderFacts => ({
    name: provider.name,
    dialects: provider.dialects.map((dialect) => dialect.name),
    priceId: provider.priceId,
    billing: provider.billing,
    local: provider.local,
  })),
})
