/** A Weir key as the login of a request: only for what concerns the key itself. */
import type { IncomingMessage } from 'node:http'
import { createTrust, originOf } from '../origin.ts'
import { SECRET_PREFIX } from '../policy/key-prefix.ts'
import type { KeyInForce } from '../policy/key.ts'
import type { AppDeps } from './deps.ts'
import { ApiError } from './problem.ts'

/** In `x-weir-key`, or as `Authorization: Bearer wk_…`; null: the request shows none. */
export function shownKey({ headers }: IncomingMessage): string | null {
  const own = headers['x-weir-key']
  if (typeof own === 'string') return own
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return bearer?.startsWith(SECRET_PREFIX) ? bearer : null
}

/** @throws ApiError key_invalid, address_refused */
export function openShownKey(
  { keys, config }: Pick<AppDeps, 'keys' | 'config'>,
  incoming: IncomingMessage,
  secret: string,
): KeyInForce {
  const key = keys.open(secret)
  const { address } = originOf(incoming, createTrust(config().trustedProxies))
  if (key.mayComeFrom !== null && !key.mayComeFrom(address))
    throw new ApiError('address_refused', `The key "${key.name}" may not be used from ${address}.`)
  return key
}

const ONE_CALL = /^\/api\/calls\/[0-9a-f-]{36}$/i

/** Whether a request asks for one call and shows a Weir key: it then needs no admin token, and gets what that key made. */
export const asksWithKey = (incoming: IncomingMessage, path: string): boolean =>
  incoming.method === 'GET' && ONE_CALL.test(path) && shownKey(incoming) !== null
