/**
 * What one call said: raw bodies, headers, conversation, arrival times. Bodies are bytes of strangers (models and their users), so
 * they are served as downloads in a sandbox: a browser must neither run nor guess them.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { AppDeps } from './deps.ts'
import { ApiError, failures } from './problem.ts'
import { answers, asJson, createRoutes } from './routes.ts'
import { conversation, headers, timeline } from './schema/content.ts'
import { callId, flag } from './schema/params.ts'
import { unknownCall } from './unknown-call.ts'
import { sendDecoded, sendRaw } from './send-body.ts'
import type { Unrecorded } from './unrecorded.ts'

const tags = ['Content of a call']
const params = z.object({ id: callId })

const bodyRoute = <const P extends string>(path: P, summary: string) =>
  createRoute({
    method: 'get',
    path,
    tags,
    summary,
    description:
      'Byte for byte as on the wire, with its content type and, where it was compressed, its content-encoding (clients then decode it by themselves).',
    request: {
      params,
      query: z.strictObject({
        decoded: flag(
          '1: the text without its encoding, up to 8 MiB; `x-weir-truncated` tells when there was more.',
        ).optional(),
      }),
    },
    responses: {
      200: {
        description: 'The captured bytes.',
        headers: z.object({
          'x-weir-truncated': z
            .string()
            .optional()
            .openapi({ description: '`true`: the decoded text was longer and is cut.' }),
        }),
        content: { '*/*': { schema: z.string().openapi({ format: 'binary' }) } },
      },
      ...failures,
    },
  })

const requestRoute = bodyRoute('/{id}/request', 'The request body')
const responseRoute = bodyRoute('/{id}/response', 'The response body')

const headersRoute = createRoute({
  method: 'get',
  path: '/{id}/headers',
  tags,
  summary: 'Raw headers of request and response, credentials masked',
  request: { params },
  responses: answers(headers, 'In the order of the wire.'),
})

const conversationRoute = createRoute({
  method: 'get',
  path: '/{id}/conversation',
  tags,
  summary: 'Messages of request and answer, read by the dialect',
  request: { params },
  responses: answers(conversation, 'What could be read; `problem` says what could not.'),
})

const timelineRoute = createRoute({
  method: 'get',
  path: '/{id}/timeline',
  tags,
  summary: 'When each piece of the answer arrived',
  request: { params },
  responses: answers(timeline, 'Empty when the call has no arrival times.'),
})

type BodyKind = 'request' | 'response'

export const contentRoutes = ({ ask }: Pick<AppDeps, 'ask'>, unrecorded: Unrecorded) => {
  const body = async (id: string, kind: BodyKind, decoded: boolean, signal: AbortSignal): Promise<Response> => {
    const payload = decoded
      ? await ask('decodedPayload', { id, kind }, { signal })
      : await ask('callPayload', { id, kind }, { signal })
    if (payload === null) throw await whyNothing(id, kind, signal)
    if (payload.expired)
      throw new ApiError('content_expired', `The ${kind} body of call ${id} is no longer kept.`, {
        help: '`retention.content` in weir.yaml sets how long content is kept.',
      })
    const name = `${id}-${kind}`
    if (!('problem' in payload)) return sendRaw(payload, name)
    if (payload.problem === null) return sendDecoded(payload, name)
    throw new ApiError('not_decodable', `The ${kind} body of call ${id} cannot be decoded: ${payload.problem}.`, {
      help: 'Without decoded=1 the bytes come exactly as on the wire.',
    })
  }

  /** Nothing is stored under this id: because it does not exist, is not stored yet, or kept nothing of that kind. */
  const whyNothing = async (id: string, what: string, signal: AbortSignal): Promise<ApiError> => {
    if (unrecorded.get(id))
      return new ApiError(
        'content_not_kept',
        `Call ${id} is not stored yet: its ${what} can be read when it has ended.`,
        {
          help: 'Ask again in a moment.',
        },
      )
    const call = await ask('getCall', { id }, { signal })
    if (!call) return unknownCall(id)
    if (call.capture !== 'full')
      return new ApiError(
        'content_not_kept',
        `The ${what} of call ${id} was not kept: its capture was "${call.capture}".`,
        {
          help: 'capture.bodies: full in weir.yaml keeps the content of later calls.',
        },
      )
    return new ApiError('content_not_kept', `Call ${id} has no ${what}.`)
  }

  return createRoutes()
    .openapi(requestRoute, (c) => {
      const { id } = c.req.valid('param')
      return body(id, 'request', c.req.valid('query').decoded ?? false, c.req.raw.signal)
    })
    .openapi(responseRoute, (c) => {
      const { id } = c.req.valid('param')
      return body(id, 'response', c.req.valid('query').decoded ?? false, c.req.raw.signal)
    })
    .openapi(headersRoute, async (c) => {
      const { id } = c.req.valid('param')
      const found = await ask('headers', { id }, { signal: c.req.raw.signal })
      if (found === null) throw await whyNothing(id, 'headers', c.req.raw.signal)
      return c.json(found, 200)
    })
    .openapi(conversationRoute, async (c) => {
      const { id } = c.req.valid('param')
      const bytes = await ask.json('conversation', { id }, { signal: c.req.raw.signal })
      if (bytes === null) throw await whyNothing(id, 'conversation', c.req.raw.signal)
      return asJson<typeof conversation>(bytes)
    })
    .openapi(timelineRoute, async (c) => {
      const { id } = c.req.valid('param')
      const bytes = await ask.json('timeline', { id }, { signal: c.req.raw.signal })
      if (bytes === null) throw await whyNothing(id, 'timeline', c.req.raw.signal)
      return asJson<typeof timeline>(bytes)
    })
}
