/** What Weir must know of a provider. A row in `builtin.ts`, or `providers.NAME` in weir.yaml. */
import type { Billing } from '../call.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Recognised } from '../dialects/registry.ts'
import type { Bases } from './bases.ts'

/** Where this provider takes its credential. */
export interface CredentialStyle {
  /** Header that carries it, lower case. */
  header: string
  /** Put before the credential, such as `Bearer `. */
  prefix: string
}

/** A base URL in the parts that a request needs. */
export interface Base {
  origin: string
  /** `host[:port]`. */
  host: string
  /** Without a slash at its end. */
  path: string
}

/** One of several credentials that Weir holds for a provider. */
export interface ProviderCredential {
  /** As weir.yaml or whoever stored it names it, for messages and `credential:` of a route's target. */
  name: string
  key: string
  weight: number
  /** Patterns of the models that it serves; null: all. */
  models: readonly string[] | null
}

export interface Provider {
  name: string
  /** Scheme, host and base path without a slash at its end; the rest of the client's path is appended unchanged. */
  baseUrl: string
  base: Base
  credential: CredentialStyle
  /** Weir's own credential for it, used only for calls that show a valid Weir key. */
  apiKey: string | null
  /** All of them, the one above first; routes rotate them. */
  credentials: readonly ProviderCredential[]
  /** Why a stored credential of it cannot be used, in words; null: all can. */
  locked: string | null
  /** Further headers that the configuration adds to each request. */
  headers: Readonly<Record<string, string>>
  /** Those of them that carry a credential: like `apiKey`, only for calls that show a valid Weir key. */
  secretHeaders: Readonly<Record<string, string>>
  /** Dialects that it serves; the first whose operation matches a path reads the call. */
  dialects: readonly Dialect[]
  /** Which dialect and operation a request to this path is; remembered, because paths come again and again. */
  recognise(method: string, path: string): Recognised | null
  /** Where OpenAI's `/v1/…` lives below `baseUrl`, such as `/openai/v1`; null: it does not speak OpenAI. */
  openaiBase: string | null
  /** The same for each family of dialects that a route can reach here. */
  bases: Bases
  /** Known (by recordings) to accept `stream_options.include_usage`. */
  acceptsStreamUsage: boolean
  /** Default billing of its credentials. */
  billing: Billing
  /** Provider name in the price library, or null when it has none. */
  priceId: string | null
  /** Runs on the user's own machines: never priced by list. */
  local: boolean
  /** Named in weir.yaml or given a stored credential, rather than only built in. */
  configured: boolean
}
