/** Routes and the health of what is behind them. */
import { z } from '@hono/zod-openapi'
import { STRATEGIES } from '../../config/routes.ts'
import { HEALTH_STATES, type RouteList } from '../../policy/route-list.ts'

const count = z.number().int()
const ms = z.number().nullable()
const share = z.number().nullable().describe('0 to 1; null: no call.')
const state = z.enum(HEALTH_STATES).describe('cooling: it rests after a 429 · open: it failed too often in a row.')

const provider = z
  .object({
    name: z.string(),
    configured: z.boolean(),
    baseUrl: z.string(),
    dialects: z.array(z.string()),
    credentials: count.describe('Weir’s own.'),
    models: count.nullable().describe('Known ones; null: unknown.'),
    state,
    calls1h: count.nullable().describe('null: the database does not say now.'),
    errorShare1h: share,
    p50Ms1h: ms,
  })
  .openapi('ProviderItem')

const target = z
  .object({
    target: z.string(),
    weight: z.number().nullable().describe('null: the strategy knows none.'),
    state,
    until: count.nullable().describe('When it may be tried again.'),
    why: z.string().nullable(),
    inFlight: count,
    calls1h: count.describe('Tries by routes since Weir has started, of the last hour.'),
    errorShare1h: share,
    p50Ms1h: ms,
    ttftMs: ms.describe('To the first byte of streams; newer ones count for more.'),
  })
  .openapi('TargetItem')

export const routeList = z
  .object({
    providers: z.array(provider).describe('Configured, used by a route, or called in the last hour.'),
    routes: z.array(
      z
        .object({
          name: z.string(),
          strategy: z.enum(STRATEGIES),
          on: z.array(z.string()).describe('Failures that lead to the next target.'),
          retries: count,
          sticky: z.boolean(),
          targets: z.array(target),
        })
        .openapi('RouteItem'),
    ),
    problems: z.array(z.string()),
  })
  .openapi('RouteList') satisfies z.ZodType<RouteList>
