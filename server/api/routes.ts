/** The ground that every sub-app stands on: validation that refuses with all mistakes at once, and short words for the document. */
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { HttpBindings } from '@hono/node-server'
import type { TypedResponse } from 'hono'
import type { JSONParsed } from 'hono/utils/types'
import { failures, refuseInput } from './problem.ts'

export interface ApiEnv {
  Bindings: HttpBindings
}

export const createRoutes = () => new OpenAPIHono<ApiEnv>({ defaultHook: refuseInput })

/** Responses of a route that answers JSON: the answer, and the failures that every route may have. */
export const answers = <T extends z.ZodType>(schema: T, description: string) => ({
  200: { description, content: { 'application/json': { schema } } },
  ...failures,
})

/** JSON text made elsewhere (in a reader thread), passed on as it is: the main thread does not parse megabytes to print them again. */
export const asJson = <T extends z.ZodType>(bytes: Uint8Array<ArrayBuffer>) =>
  new Response(bytes, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } }) as Response &
    TypedResponse<JSONParsed<z.infer<T>>, 200, 'json'>
