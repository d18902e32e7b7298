/** What Weir must know of a provider. A row in `builtin.ts`, or `providers.NAME` in weir.yaml. */
import type { Billing } from '../call.ts'
import type { Dialect, Operation } from '../dialects/dialect.ts'

/** Where this provider takes its credential. */
export interface CredentialStyle {
  /** Header that carries it. */
  header: string
  /** Put before the credential, such as `Bearer `. */
  prefix: string
}

export interface Provider {
  name: string
  /** Scheme, host and base path; the rest of the client's path is appended unchanged. */
  baseUrl: string
  credential: CredentialStyle
  /** Dialects that it serves; the first whose operation matches a path reads the call. */
  dialects: readonly Dialect[]
  /** Serves OpenAI's `/v1` and may be reached as `provider/model` under Weir's own `/v1`. */
  openaiCompatible: boolean
  /** Where OpenAI's `/v1/…` lives below `baseUrl`: '' when baseUrl has no version, else the prefix such as `/openai/v1`. */
  openaiBase: string
  /** Known (by recordings) to accept `stream_options.include_usage`. */
  acceptsStreamUsage: boolean
  /** Default billing of its credentials. */
  billing: Billing
  /** Provider name in the price library, or null when it has none. */
  priceId: string | null
  /** Runs on the user's own machines: never priced by list. */
  local: boolean
}

export interface Recognised {
  dialect: Dialect
  operation: Operation
  /** From the path, where it stands there. */
  model: string | null
}
