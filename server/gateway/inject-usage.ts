/**
 * `usage.inject`: asks OpenAI-style streams for their token counts (`stream_options.include_usage`) and takes the extra event
 * out again before the client sees it. Off on native passthrough unless switched on, because promise 1 has no default exception;
 * on for Weir's own `/v1`; only for providers known to accept it, since local servers answered 400 or 422 to it.
 */
import type { LiveCall } from './live.ts'
import { splice, type TopLevel } from './scan.ts'

export function askForUsage(call: LiveCall, scanned: TopLevel | null, viaV1: boolean): void {
  if (!scanned || call.body.kind !== 'whole' || call.stream !== true) return
  if (call.dialect?.name !== 'openai-chat' || scanned.values.has('stream_options')) return
  const provider = call.provider!
  const setting =
    call.route?.route.inject ??
    call.rules.config.providers[provider.name]?.usage?.inject ??
    call.rules.config.usage.inject ??
    (viaV1 || countsTokens(call) ? 'on' : 'off')
  const explicit = call.rules.config.providers[provider.name]?.usage?.inject === 'on'
  if (setting === 'off' || !(provider.acceptsStreamUsage || explicit)) return
  const plain = call.body.bytes
  const member = `${scanned.empty ? '' : ','}"stream_options":{"include_usage":true}`
  call.body = { kind: 'whole', bytes: splice(plain, scanned.closingBrace, scanned.closingBrace, member) }
  call.injected = { plain }
  call.setHeaders.push(['accept-encoding', 'identity'])
  call.changes.push({
    what: 'stream_options.include_usage added and accept-encoding: identity asked for; the usage event is taken out again',
    why: viaV1
      ? 'usage.inject is on for /v1'
      : countsTokens(call)
        ? 'the Weir key has a limit on tokens or cost'
        : 'usage.inject',
  })
}

/** A key that is held to tokens or money is better held to the provider's count than to an estimate. */
const countsTokens = ({ weirKey }: LiveCall): boolean =>
  weirKey !== null && weirKey.limits.some(({ tokens, cost }) => tokens !== undefined || cost !== undefined)

/** The provider did not want to be asked: the request as the client sent it. */
export function withoutUsage(call: LiveCall): void {
  call.body = { kind: 'whole', bytes: call.injected!.plain }
  call.injected = null
  call.setHeaders = call.setHeaders.filter(([name]) => name !== 'accept-encoding')
  call.changes.push({ what: 'asked again without stream_options', why: 'the provider refused it' })
}

const USAGE_EVENT = /^data:\s*\{.*"choices"\s*:\s*\[\s*\].*\}\s*$/s
/** A usage event is small: what is longer without a blank line is something else, and goes on as it comes. */
const LONGEST_EVENT = 64 * 1024

export interface UsageFilter {
  push(bytes: Buffer): Buffer
  /** What is still held back at the end of a whole stream. */
  end(): Buffer
}

/** A filter over the stream's bytes: whole events pass at once, the one with `choices: []` and `usage` does not. */
export function createUsageFilter(): UsageFilter {
  let kept = ''
  /** In the middle of an event too long to be held: it passes, but for its last bytes, where a blank line may begin. */
  let passing = false
  return {
    push(bytes) {
      const blank = /\r?\n\r?\n/g
      // What was searched before has no blank line, but one may have begun in its last three bytes.
      blank.lastIndex = Math.max(0, kept.length - 3)
      kept += bytes.toString('latin1')
      let out = ''
      let from = 0
      for (let match = blank.exec(kept); match; match = blank.exec(kept)) {
        if (passing || !isUsageEvent(kept.slice(from, match.index))) out += kept.slice(from, blank.lastIndex)
        passing = false
        from = blank.lastIndex
      }
      kept = kept.slice(from)
      if (passing || kept.length > LONGEST_EVENT) {
        passing = true
        out += kept.slice(0, -3)
        kept = kept.slice(-3)
      }
      return Buffer.from(out, 'latin1')
    },
    end: () => Buffer.from(!passing && isUsageEvent(kept) ? '' : kept, 'latin1'),
  }
}

function isUsageEvent(event: string): boolean {
  if (!event.includes('"usage"') || !USAGE_EVENT.test(event)) return false
  try {
    const data = JSON.parse(event.slice(event.indexOf('{'))) as { choices?: unknown[]; usage?: unknown }
    return (
      Array.isArray(data.choices) && data.choices.length === 0 && typeof data.usage === 'object' && data.usage !== null
    )
  } catch {
    return false
  }
}
