/** /api/routes: routes, their targets and the providers behind them, with their health. */
import { createRoute } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { answers, createRoutes } from './routes.ts'
import { routeList } from './schema/routes.ts'

const routesRoute = createRoute({
  method: 'get',
  path: '/routes',
  tags: ['Control'],
  summary: 'Routes, targets and providers, and how they are',
  responses: answers(routeList, 'Now; figures of the last hour.'),
})

export const routeListRoutes = ({ routeList: list }: Pick<AppDeps, 'routeList'>) =>
  createRoutes().openapi(routesRoute, async (c) => c.json(await list(), 200))
