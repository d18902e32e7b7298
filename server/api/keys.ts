/** /api/keys: who may use Weir, and for what. A secret is in one answer only, the one that made it. */
import { createRoute } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { toKeyItems } from './key-items.ts'
import { failures } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { canceled } from './schema/answers.ts'
import { changedKey, keyItem, keyList, keyParam, madeKey, newKey, rotation } from './schema/keys.ts'
import type { KeyInForce } from '../policy/key.ts'

const tags = ['Keys']

const list = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'All keys',
  responses: answers(keyList, 'Those of weir.yaml too; never a secret.'),
})

const create = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Make a key',
  request: { body: { required: true, content: { 'application/json': { schema: newKey } } } },
  responses: {
    201: { description: 'In force at once.', content: { 'application/json': { schema: madeKey } } },
    ...failures,
  },
})

const update = createRoute({
  method: 'patch',
  path: '/{name}',
  tags,
  summary: 'Change a key',
  description: 'What is left out stays as it is. Calls under way keep the rules that they began with.',
  request: { params: keyParam, body: { required: true, content: { 'application/json': { schema: changedKey } } } },
  responses: answers(keyItem, 'As it is now.'),
})

const rotate = createRoute({
  method: 'post',
  path: '/{name}/rotate',
  tags,
  summary: 'Give a key another secret',
  description: 'The secret before stays good for the overlap; one that was replaced earlier ends now.',
  request: { params: keyParam, body: { required: true, content: { 'application/json': { schema: rotation } } } },
  responses: answers(madeKey, 'The new secret.'),
})

const revoke = createRoute({
  method: 'post',
  path: '/{name}/revoke',
  tags,
  summary: 'End a key for ever',
  description: 'From the next call on; `cancel` ends those under way.',
  request: { params: keyParam },
  responses: answers(keyItem, 'As it is now.'),
})

const cancel = createRoute({
  method: 'post',
  path: '/{name}/cancel',
  tags,
  summary: 'End every running call of a key',
  request: { params: keyParam },
  responses: answers(canceled, 'How many were running; 0 is an answer, not an error.'),
})

export const keyRoutes = ({ keys, running, ask }: Pick<AppDeps, 'keys' | 'running' | 'ask'>) => {
  const toItem = async (key: KeyInForce) => (await toKeyItems({ ask }, [key]))[0]!
  return createRoutes()
    .openapi(list, async (c) => c.json({ items: await toKeyItems({ ask }, keys.list()) }, 200))
    .openapi(create, async (c) => {
      const { name, ...input } = c.req.valid('json')
      const { key, secret } = await keys.create(name, input)
      return c.json({ key: await toItem(key), secret }, 201)
    })
    .openapi(update, async (c) => {
      const key = await keys.update(c.req.valid('param').name, c.req.valid('json'))
      return c.json(await toItem(key), 200)
    })
    .openapi(rotate, async (c) => {
      const { key, secret } = await keys.rotate(c.req.valid('param').name, c.req.valid('json').overlap)
      return c.json({ key: await toItem(key), secret }, 200)
    })
    .openapi(revoke, async (c) => c.json(await toItem(await keys.revoke(c.req.valid('param').name)), 200))
    .openapi(cancel, (c) => c.json({ canceled: running.cancelKey(keys.get(c.req.valid('param').name).name) }, 200))
}
