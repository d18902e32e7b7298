/** The OpenAPI document, made from the schemas that check the input: what is not in it does not exist. */
import type { OpenAPIHono } from '@hono/zod-openapi'

export const openApiDocument = (
  api: Pick<OpenAPIHono, 'getOpenAPI31Document'>,
  { version, basePath }: { version: string; basePath: string },
) => {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      version,
      description:
        'JSON is camelCase, times are epoch milliseconds, money is integer nano-dollars (`…Nano`), absent means unknown (`null`), never 0. Errors are RFC 9457 problem details.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: basePath || '/' }],
    security: [{}, { adminToken: [] }, { login: [] }],
  })
  document.components ??= {}
  document.components.securitySchemes = {
    adminToken: { type: 'http', scheme: 'bearer', description: 'The admin token; asked for beyond loopback.' },
    login: {
      type: 'apiKey',
      in: 'cookie',
      name: 'weir_session_9347',
      description: 'Set by POST /api/login; the number is the port.',
    },
  }
  return document
}
