/**
 * `GET /api/calls/{id}` for whoever shows the Weir key that made the call: its usage and cost, also when the key's budget is spent.
 * Nothing of what Weir itself decided or holds is in it: no targets, no credentials, no content.
 */
import type { MiddlewareHandler } from 'hono'
import type { Call } from '../call.ts'
import type { AppDeps } from './deps.ts'
import type { ApiEnv } from './routes.ts'
import { type OwnCall, ownCall } from './schema/own-call.ts'
import { asksWithKey, openShownKey, shownKey } from './shown-key.ts'
import { unknownCall } from './unknown-call.ts'

/** The call as it is known, and whether that is its row; null: no such call. */
export type FindCall = (id: string, signal: AbortSignal) => Promise<{ call: Call; stored: boolean } | null>

export const answerOwnCall =
  (deps: Pick<AppDeps, 'keys' | 'config'>, find: FindCall): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const { incoming } = c.env
    if (!asksWithKey(incoming, c.req.path)) return next()
    const key = openShownKey(deps, incoming, shownKey(incoming)!)
    const id = c.req.param('id')!.toLowerCase()
    const found = await find(id, c.req.raw.signal)
    // Another key's call is as unknown as one that never was.
    if (found === null || found.call.key !== key.name) throw unknownCall(id)
    return c.json(toOwn(found.call), found.stored ? 200 : 202)
  }

const FIELDS = Object.keys(ownCall.shape) as (keyof OwnCall)[]

const toOwn = (call: Call): OwnCall => Object.fromEntries(FIELDS.map((name) => [name, call[name]])) as OwnCall
