/** What the Call page's parts ask for, answered by the API. */
import type { CallLoader, Conversation, Direction } from '../parts/call/loader.ts'
import type { Api } from './api.ts'
import { ApiError } from './api.ts'

const headerOf = (pairs: [string, string][] | undefined, name: string) =>
  pairs?.findLast(([known]) => known.toLowerCase() === name)?.[1] ?? null

export const createCallLoader = (
  api: Api,
  call: { id: string; requestBytes: number; responseBytes: number; truncated: boolean },
): CallLoader => ({
  // Parts nest without end, which Hono's client types give up on at the second level; the API's own schema holds them.
  conversation: () => api.conversation(call.id) as Promise<Conversation>,
  headers: () => api.headers(call.id),
  timeline: () => api.timeline(call.id),
  async raw(kind: Direction) {
    const href = api.url(`calls/${call.id}/${kind}`)
    const bytes = kind === 'request' ? call.requestBytes : call.responseBytes
    // The decoded text comes as plain text, whatever it was: its true type and encoding stand in the headers that were captured.
    const [body, headers] = await Promise.all([
      api.send(`${href}?decoded=1`).catch((error: unknown) => {
        // No body, or none kept: that is an answer, not a failure.
        if (error instanceof ApiError && (error.status === 404 || error.status === 410)) return null
        throw error
      }),
      api.headers(call.id).catch(() => null),
    ])
    const isText = body?.headers.get('content-type')?.startsWith('text/') ?? false
    return {
      text: body && isText ? await body.text() : null,
      bytes,
      contentType: headerOf(headers?.[kind], 'content-type'),
      contentEncoding: headerOf(headers?.[kind], 'content-encoding'),
      truncated: call.truncated || body?.headers.get('x-weir-truncated') === 'true',
      href,
    }
  },
})
