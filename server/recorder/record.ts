/**
 * What becomes of a call after the answer: journal entries in, a row out. Every call takes this road and no other; storing and
 * publishing come after it, in loop.ts; threading and detection stand between, in round.ts, because they look at several calls.
 */
import type { RecordedCall } from '../../db/store.ts'
import type { Turn } from '../sessions/turn.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { JournaledCall } from '../journal/entry.ts'
import { billedBefore, withBilled } from './billed.ts'
import { bodyFromMemory, bodyFromParts, type Body } from './body.ts'
import type { HeldBodies } from './bodies.ts'
import { decode, NOTHING_DECODED, type Decoded } from './decode.ts'
import { judge, type Verdict } from './judge.ts'
import { toPayloads } from './payloads.ts'
import { searchText } from './search-text.ts'
import { toCall, type Counted, type Owner, type Priced } from './to-call.ts'

export interface RecordDeps {
  dialect(name: string | null): Dialect | null
  /** Usage and where it comes from; a tokenizer's estimate where the provider said nothing. */
  count(call: JournaledCall, decoded: Decoded, verdict: Verdict, response: Body): Counted
  price(call: JournaledCall, decoded: Decoded, counted: Counted): Priced
  attribute(call: JournaledCall, decoded: Decoded): Owner
  /** Bytes that one body may have when decompressed. */
  maxOutput(): number
  /** Bytes of one body that are kept. */
  captureLimit(): number
}

export interface Row {
  recorded: RecordedCall
  /** What threading and detection work on; its call is the recorded one. */
  turn: Turn
}

export interface Recorder {
  /** `held`: the bodies of a call whose content may not touch the disk. Never throws. */
  toRow(call: JournaledCall, held: HeldBodies | null): Row
  /** Without a look at the content: for calls that cannot be read, with the reason. */
  toRawRow(call: JournaledCall, why: string): Row
}

/** What search finds the call by: only what its session had not seen, so that each text is indexed once. */
export function index(recorded: RecordedCall, { call, request, answer, newFrom }: Turn): void {
  recorded.turn = { newFrom }
  if (call.capture === 'full') recorded.searchText = searchText(request, answer, newFrom)
}

export const createRecord = (deps: RecordDeps): Recorder => {
  const build = (given: JournaledCall, held: HeldBodies | null, raw: string | null): Row => {
    const journaled = asAnswered(given)
    const { capture } = journaled.start
    const [request, response] = bodies(journaled, held)
    const dialect = deps.dialect(journaled.start.dialect)
    const maxOutput = deps.maxOutput()
    const decoded =
      raw === null
        ? decode({ call: journaled, dialect, request, response, maxOutput })
        : { ...NOTHING_DECODED, problem: raw }

    const verdict = judge(journaled, decoded.answer)
    const counted = deps.count(journaled, decoded, verdict, response)
    const priced = deps.price(journaled, decoded, counted)
    const billed = billedBefore(journaled, deps.price)
    const owner = deps.attribute(journaled, decoded)
    const decodeError =
      raw ??
      (capture === 'full'
        ? decoded.problem
        : (lostContent(held, request, response, deps.captureLimit()) ?? withoutContent(decoded)))
    const incomplete = journaled.end?.incomplete ?? null
    const problem = [incomplete, decodeError].filter((why) => why !== null).join('; ') || null
    const answered = toCall({
      journaled,
      request,
      response,
      decoded,
      verdict,
      counted,
      priced,
      billed,
      owner,
      decodeError: problem,
    })
    const call = billed === null ? answered : withBilled(answered, billed)

    const recorded = {
      call: capture === 'full' ? call : withoutWords(call, journaled),
      payloads: toPayloads(journaled, request, response),
      // Known when it is known what is new: see `index`.
      searchText: '',
      complete: decoded.problem === null && decoded.answer?.complete === true,
    }
    const { request: asked, answer } = decoded
    return { recorded, turn: { call: recorded.call, request: asked, answer, newFrom: 0, mark: null } }
  }

  const toRawRow = (call: JournaledCall, why: string): Row => build(call, null, why)
  return {
    toRow: (call, held) => {
      try {
        return build(call, held, null)
      } catch (error) {
        // A fault of ours or of a reader: the call is kept with its bytes, and says that it could not be read.
        const words = call.start.capture === 'full' && error instanceof Error ? `: ${error.message}` : ''
        return toRawRow(
          call,
          `Weir failed to read this call (${error instanceof Error ? error.name : 'unknown'}${words})`,
        )
      }
    },
    toRawRow,
  }
}

/** A route may have ended at another provider than it began with: that one is read, priced and named. */
function asAnswered(call: JournaledCall): JournaledCall {
  const last = call.attempts.at(-1)
  if (last?.provider === undefined) return call
  const { provider, model = null, credential = null, target, path = call.start.upstreamPath } = last
  const billing = provider === call.start.provider ? call.start.billing : null
  return { ...call, start: { ...call.start, provider, model, credential, target, billing, upstreamPath: path } }
}

function bodies({ start, request, response }: JournaledCall, held: HeldBodies | null): [Body, Body] {
  if (start.capture === 'full') return [bodyFromParts(request), bodyFromParts(response)]
  return [bodyFromMemory(request, held?.request ?? []), bodyFromMemory(response, held?.response ?? [])]
}

/** After a crash, or where memory ran out: the call is there, what it said is not, or not all. */
function lostContent(held: HeldBodies | null, request: Body, response: Body, limit: number): string | null {
  const lacks = ({ captured, total }: Body) => captured < Math.min(total, limit)
  if (!lacks(request) && !lacks(response)) return null
  return held
    ? 'content was held in memory only, as capture asks, and a part of it found no room: usage is an estimate or unknown'
    : 'content was held in memory only, as capture asks, and is gone: usage is unknown'
}

/** Reasons of the readers may quote what they stumbled over. */
const withoutContent = ({ problem }: Decoded): string | null => problem && 'a part of the content could not be read'

/** A provider's message may quote the prompt, and its code is only kept where it is one. */
function withoutWords(call: RecordedCall['call'], { end, attempts }: JournaledCall): RecordedCall['call'] {
  const status = attempts.at(-1)?.statusMessage || null
  const own = end?.errorMessage ?? (call.outcome === 'interrupted' ? call.errorMessage : status)
  const isCode = call.errorCode === null || /^[\w.:-]{1,64}$/.test(call.errorCode)
  return {
    ...call,
    errorMessage: call.errorCode === null ? null : own,
    errorCode: isCode ? call.errorCode : 'provider_error',
  }
}
