/** Names that are taken in an address: `/{provider}/…` shares its first segment with Weir's own pages. */

export const RESERVED_SEGMENTS: readonly string[] = ['api', 'app', 'v1', 't', 'healthz', 'readyz', 'metrics']
