/** /api/alerts: who is told, whether it arrives, and the button that tries it. */
import { createRoute } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { ApiError } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { alertList, alertTest, alertTested } from './schema/alerts.ts'

const tags = ['Weir']

const list = createRoute({
  method: 'get',
  path: '/alerts',
  tags,
  summary: 'Alerts of weir.yaml, and how they are',
  responses: answers(alertList, 'Never an address or a secret.'),
})

const test = createRoute({
  method: 'post',
  path: '/alerts/test',
  tags,
  summary: 'Send a test message',
  request: { body: { required: true, content: { 'application/json': { schema: alertTest } } } },
  responses: answers(alertTested, 'What the webhook answered.'),
})

export const alertRoutes = ({ alerts }: Pick<AppDeps, 'alerts'>) =>
  createRoutes()
    .openapi(list, (c) => c.json({ items: alerts.list() }, 200))
    .openapi(test, async (c) => {
      const { name } = c.req.valid('json')
      const sent = await alerts.test(name)
      if (!sent) throw new ApiError('not_found', `There is no alert "${name}" in weir.yaml.`)
      return c.json(sent, 200)
    })
