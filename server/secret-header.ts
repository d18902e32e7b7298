/** Which headers carry secrets: their values are masked wherever Weir keeps them, and configured ones need a Weir key. */

/** Headers whose whole value is a secret. */
const SECRET_HEADER =
  /^(?:cookie|set-cookie|x-goog-api-key|sec-websocket-protocol)$|(?:^|-)auth(?:entication|orization)?$|jwt|(?:token|secret|password|signature|credential)$|(?:^|-)(?:api-?)?key$/

export const isSecretHeader = (lowerName: string): boolean => SECRET_HEADER.test(lowerName) && !isHarmless(lowerName)

/** Names that end like a secret and are none. */
const isHarmless = (name: string) =>
  name === 'idempotency-key' || name === 'x-idempotency-key' || name === 'sec-websocket-key'
