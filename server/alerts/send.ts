/**
 * One POST to a webhook, signed: `x-weir-signature: t=<seconds>,v1=<HMAC-SHA-256 of "<t>.<body>" in hex>`, so that a receiver
 * can tell who sent it and when. No redirect is followed, and a name that leads to a metadata service is not connected to.
 */
import { createHmac } from 'node:crypto'
import type { AlertConfig } from '../config/alerts.ts'
import type { Upstream } from '../gateway/proxy.ts'
import type { Notice } from './notice.ts'
import { templates } from './templates.ts'
import { Dispatcher } from 'undici'

const TIMEOUT_MS = 10_000

/** undici's own `request` over anything that can dispatch; it follows no redirect. */
const post = Dispatcher.prototype.request

export interface Sent {
  ok: boolean
  status: number | null
  /** What became of it, in words; never the address, which is often a secret. */
  message: string
}

export interface SendDeps {
  /** Connections as to providers: proxy of the environment, guarded look-up. */
  dispatcher(alert: AlertConfig): Upstream
  now(): number
}

export async function send(alert: AlertConfig, notice: Notice, { dispatcher, now }: SendDeps): Promise<Sent> {
  const at = now()
  const shown = alert.content ? notice : { ...notice, content: null }
  const body = JSON.stringify(templates[alert.template](shown, { at, secret: alert.secret }))
  try {
    const { origin, pathname, search } = new URL(alert.webhook)
    const answer = await post.call(dispatcher(alert) as Dispatcher, {
      origin,
      path: pathname + search,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'weir', ...signature(alert, body, at) },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.body.dump()
    const { statusCode: status } = answer
    const ok = status >= 200 && status < 300
    return { ok, status, message: ok ? `The webhook took it (${status}).` : `The webhook answered ${status}.` }
  } catch (error) {
    return { ok: false, status: null, message: `The webhook could not be reached: ${reason(error)}.` }
  }
}

/** PagerDuty's secret is its routing key, in the body. */
function signature({ secret, template }: AlertConfig, body: string, at: number): Record<string, string> {
  if (secret === undefined || template === 'pagerduty') return {}
  const seconds = Math.floor(at / 1000)
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return { 'x-weir-signature': `t=${seconds},v1=${mac}` }
}

/** Codes only: messages of the network quote the address. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  const { code } = error as NodeJS.ErrnoException
  return code ?? error.name
}
