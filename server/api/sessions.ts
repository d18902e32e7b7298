/** /api/sessions: for now, ending what runs in one. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { answers, createRoutes } from './routes.ts'
import { canceled } from './schema/answers.ts'
import { foreignId } from './schema/params.ts'

const cancel = createRoute({
  method: 'post',
  path: '/{id}/cancel',
  tags: ['Calls'],
  summary: 'End every running call of a session',
  request: { params: z.object({ id: foreignId }) },
  responses: answers(canceled, 'How many were running; 0 is an answer, not an error.'),
})

export const sessionRoutes = ({ running }: Pick<AppDeps, 'running'>) =>
  createRoutes().openapi(cancel, (c) => c.json({ canceled: running.cancelSession(c.req.valid('param').id) }, 200))
