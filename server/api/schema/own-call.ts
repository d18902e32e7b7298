/** What the holder of a key is told of a call that was made with it. */
import type { z } from '@hono/zod-openapi'
import { call } from './call.ts'

export const ownCall = call
  .pick({
    id: true,
    startedAt: true,
    durationMs: true,
    firstTokenMs: true,
    provider: true,
    dialect: true,
    operation: true,
    model: true,
    responseModel: true,
    stream: true,
    status: true,
    outcome: true,
    errorCode: true,
    errorMessage: true,
    finishReason: true,
    usage: true,
    usageSource: true,
    costNano: true,
    listNano: true,
    savedNano: true,
    billing: true,
    costParts: true,
    costSource: true,
    pricedAs: true,
    cache: true,
    sessionId: true,
    key: true,
    team: true,
    user: true,
    tags: true,
    requestId: true,
    responseId: true,
  })
  .openapi('OwnCall')

export type OwnCall = z.output<typeof ownCall>
