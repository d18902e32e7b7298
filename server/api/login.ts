/** /api/login, /api/logout, /api/me/session: the admin token becomes a cookie that scripts of a page cannot read. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import type { Gate } from './gate.ts'
import { ApiError } from './problem.ts'
import { answers, createRoutes } from './routes.ts'
import { session } from './schema/answers.ts'

const tags = ['Login']

const login = createRoute({
  method: 'post',
  path: '/login',
  tags,
  summary: 'Log in with the admin token',
  request: {
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject({ token: z.string().min(1).max(1024) }) } },
    },
  },
  responses: answers(session, 'Logged in: a cookie (HttpOnly, SameSite=Strict) is set.'),
})

const logout = createRoute({
  method: 'post',
  path: '/logout',
  tags,
  summary: 'End this login',
  responses: answers(session, 'Logged out.'),
})

const me = createRoute({
  method: 'get',
  path: '/me/session',
  tags,
  summary: 'Whether a login is needed from here, and there',
  responses: answers(session, 'Asked without a login too.'),
})

export const loginRoutes = ({ admin }: Pick<AppDeps, 'admin'>, gate: Gate) =>
  createRoutes()
    .openapi(login, (c) => {
      const { incoming } = c.env
      gate.checkTries(incoming)
      if (!admin.verify(c.req.valid('json').token)) {
        gate.countFailure(incoming)
        throw new ApiError('token_wrong', 'This is not the admin token.', {
          help: 'It was printed at the first start. `weir admin token --new` makes a new one; adminToken in weir.yaml wins over both.',
        })
      }
      gate.forgetFailures(incoming)
      c.header('set-cookie', gate.sessionCookie(incoming, admin.issueSession()))
      return c.json({ authenticated: true, needed: gate.loginNeeded(incoming) }, 200)
    })
    .openapi(logout, (c) => {
      const { incoming } = c.env
      const value = gate.sessionOf(incoming)
      if (value !== null) admin.revokeSession(value)
      c.header('set-cookie', gate.sessionCookie(incoming, null))
      const needed = gate.loginNeeded(incoming)
      return c.json({ authenticated: !needed, needed }, 200)
    })
    .openapi(me, (c) =>
      c.json({ authenticated: gate.mayEnter(c.env.incoming), needed: gate.loginNeeded(c.env.incoming) }, 200),
    )
