/** /api/budgets: every limit with what is used of it. */
import { createRoute } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { answers, createRoutes } from './routes.ts'
import { budgetList } from './schema/budgets.ts'

const budgetsRoute = createRoute({
  method: 'get',
  path: '/budgets',
  tags: ['Control'],
  summary: 'Limits and budgets, and how far along they are',
  responses: answers(budgetList, 'Most used first.'),
})

export const budgetRoutes = ({ budgets }: Pick<AppDeps, 'budgets'>) =>
  createRoutes().openapi(budgetsRoute, async (c) => c.json({ items: await budgets() }, 200))
