/** Writes the journal's `start`: from here on the call is on disk, whatever happens. Credentials are masked before. */
import type { StartMeta } from '../journal/entry.ts'
import { originOf } from '../origin.ts'
import type { Gateway } from './gateway.ts'
import { record } from './gateway.ts'
import { aliasesIn } from './headers.ts'
import { captureLimit } from './ingress.ts'
import { elapsed, type LiveCall } from './live.ts'
import { maskHeaders, maskTarget } from './mask.ts'

export async function start(call: LiveCall, gateway: Gateway): Promise<void> {
  noteAliases(call)
  call.journaled = true
  const written = gateway.journal.start(call.id, toStartMeta(call))
  if (call.body.kind === 'whole' && call.body.bytes.length > 0) {
    call.request.expect(call.body.bytes.length, captureLimit(call))
    void record(call, gateway, 'request', asReceived(call), elapsed(call))
  }
  await written
}

/** The journal keeps the body as the client sent it; what Weir changed stands in `changes`. */
const asReceived = (call: LiveCall): Buffer =>
  call.received ?? (call.body.kind === 'whole' ? call.body.bytes : Buffer.alloc(0))

function noteAliases(call: LiveCall): void {
  const aliases = aliasesIn(call.incoming.rawHeaders)
  if (aliases.length > 0)
    call.changes.push({
      what: `headers not sent on: ${aliases.join(', ')}`,
      why: 'they speak to a gateway, not to the provider',
    })
}

export function toStartMeta(call: LiveCall): StartMeta {
  const { caller } = call
  return {
    startedAt: call.startedAt,
    provider: call.provider?.name ?? null,
    dialect: call.dialect?.name ?? null,
    operation: call.operation?.name ?? null,
    auxiliary: call.operation?.auxiliary ?? false,
    model: call.model,
    stream: call.stream,
    target: call.upstream?.name ?? null,
    route: call.route?.name ?? null,
    method: call.method,
    path: maskTarget(call.target),
    upstreamPath: call.upstream ? maskTarget(call.upstream.path) : null,
    headers: maskHeaders(call.incoming.rawHeaders),
    httpVersion: call.incoming.httpVersion,
    key: caller.key,
    team: caller.team,
    user: caller.user,
    tags: caller.tags,
    session: caller.session,
    parent: caller.parent,
    credential: caller.credential,
    billing: call.billing,
    cache: 'off',
    capture: call.capture,
    clientIp: call.rules.config.clientIp ? originOf(call.incoming, call.rules.isTrustedProxy).address || null : null,
    socket: null,
  }
}
