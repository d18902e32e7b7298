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
  const setting = call.rules.config.providers[provider.name]?.usage?.inject ?? call.rules.config.usage.inject ?? (viaV1 ? 'on' : 'off')
  const explicit = call.rules.config.providers[provider.name]?.usage?.inject === 'on'
  if (setting === 'off' || !(provider.acceptsStreamUsage || explicit)) return
  const plain = call.body.bytes
  const member = `${scanned.empty ? '' : ','}"stream_options":{"include_usage":true}`
  call.body = { kind: 'whole', bytes: splice(plain, scanned.closingBrace, scanned.closingBrace, member) }
  call.injected = { plain }
  call.setHeaders.push(['accept-encoding', 'identity'])
  call.changes.push({ what: 'stream_options.include_usage added, its usage event taken out again', why: viaV1 ? 'usage.inject is on for /v1' : 'usage.inject' })
}

/** The provider did not want to be asked: the request as the client sent it. */
export function withoutUsage(call: LiveCall): void {
  call.body = { kind: 'whole', bytes: call.injected!.plain }
  call.injected = null
  call.setHeaders = call.setHeaders.filter(([name]) => name !== 'accept-encoding')
  call.changes.push({ what: 'asked again without stream_options', why: 'the provider refused it' })
}

const BLANK_LINE = /\r?\n\r?\n/g
const USAGE_EVENT = /^data:\s*\{.*"choices"\s*:\s*\[\s*\].*\}\s*$/s

/** The usage event has a few hundred bytes: what is longer than this is none, and goes on before its end has come. */
const LONGEST = 64 * 1024
/** So much of a blank line may stand at the end of a piece. */
const SEAM = 3

/** A filter over the stream's bytes: whole events pass at once, the one with `choices: []` and `usage` does not. */
export function createUsageFilter(): { push(bytes: Buffer): Buffer; end(): Buffer } {
  let kept = ''
  /** The event under way was too long to be held: its beginning has been sent. */
  let passing = false
  return {
    push(bytes) {
      let out = ''
      let from = 0
      BLANK_LINE.lastIndex = Math.max(0, kept.length - SEAM)
      kept += bytes.toString('latin1')
      for (let match = BLANK_LINE.exec(kept); match; match = BLANK_LINE.exec(kept)) {
        if (passing || !isUsageEvent(kept.slice(from, match.index))) out += kept.slice(from, BLANK_LINE.lastIndex)
        from = BLANK_LINE.lastIndex
        passing = false
      }
      if (passing || kept.length - from > LONGEST) {
        passing = true
        const seam = Math.max(from, kept.length - SEAM)
        out += kept.slice(from, seam)
        from = seam
      }
      kept = kept.slice(from)
      return Buffer.from(out, 'latin1')
    },
    end: () => Buffer.from(!passing && isUsageEvent(kept) ? '' : kept, 'latin1'),
  }
}

function isUsageEvent(event: string): boolean {
  if (!event.includes('"usage"') || !USAGE_EVENT.test(event)) return false
  try {
    const data = JSON.parse(event.slice(event.indexOf('{'))) as { choices?: unknown[]; usage?: unknown }
    return Array.isArray(data.choices) && data.choices.length === 0 && typeof data.usage === 'object' && data.usage !== null
  } catch {
    return false
  }
}
