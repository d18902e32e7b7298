/** /api/credentials: with what Weir pays providers itself. A secret comes in by one request, and goes out by none. */
import { createRoute } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { failures } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { credentialItem, credentialList, credentialParam, newCredential } from './schema/credentials.ts'

const tags = ['Credentials']

const list = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'All credentials that Weir holds for providers',
  responses: answers(credentialList, 'Those of weir.yaml too; never a secret.'),
})

const add = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Store a credential for a provider',
  request: { body: { required: true, content: { 'application/json': { schema: newCredential } } } },
  responses: {
    201: {
      description: 'In force from the next call on.',
      content: { 'application/json': { schema: credentialItem } },
    },
    ...failures,
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/{provider}/{name}',
  tags,
  summary: 'Remove a stored credential',
  description: 'The next call does without it; calls under way keep it to their end.',
  request: { params: credentialParam },
  responses: answers(credentialItem, 'As it was.'),
})

export const credentialRoutes = ({ credentials }: Pick<AppDeps, 'credentials'>) =>
  createRoutes()
    .openapi(list, (c) => c.json({ items: credentials.list(), problem: credentials.problem() }, 200))
    .openapi(add, async (c) => {
      const { secret, ...input } = c.req.valid('json')
      return c.json(await credentials.add(input, secret), 201)
    })
    .openapi(remove, async (c) => c.json(await credentials.remove(c.req.valid('param')), 200))
