/**
 * How a rule learns of the calls that this process did not count: those of the process before it, and of the time before the rule was
 * configured. A call belongs to the rows or to the memory by the moment at which it started, before `bornAt` or after, so it can
 * never be in both. Rows are read by their number, each once: at first all, and again what has come since whenever the recorder has stored
 * such a call (what the journal still held at the start, or what ran while the rule came). Nothing is written for it.
 */
import type { LimitSums, ScopeSum, SumQuestion } from '../../../db/queries/limit-sums.ts'
import { counterOf, roll, type Rule, type RuleState, slotAt } from './rule.ts'
import { slotMs } from './window.ts'

export interface Rebuild {
  /** Rows that this rule has not read may be there. */
  read(rule: Rule): void
  /** The rule knows of all rows that were there when it began, or it has waited for long enough. */
  isReady(rule: Rule, now: number): boolean
  /** Settles when the rules are ready. Never rejects. */
  ready(rules: readonly Rule[]): Promise<void>
  close(): void
}

export interface RebuildDeps {
  ask(questions: SumQuestion[]): Promise<LimitSums>
  now(): number
  say(line: string): void
}

/** A database that does not answer must not hold up calls for ever. */
const MOST_WAIT_MS = 10_000
/** What the recorder stores in one go comes in a few messages. */
const GATHER_MS = 50
const LONGEST_PAUSE_MS = 10_000

export function createRebuild({ ask, now, say }: RebuildDeps): Rebuild {
  /** By what they know: after a reload two rules may share it, and must not read twice. */
  const dirty = new Map<RuleState, Rule>()
  let timer: NodeJS.Timeout | null = null
  let working: Promise<void> | null = null
  let pause = GATHER_MS
  let closed = false

  const work = async () => {
    const rules = [...dirty.values()]
    dirty.clear()
    const asked = rules.map((rule) => toQuestion(rule, now()))
    const questions = distinct(asked.filter((question) => question !== null))
    try {
      const { upTo, sums } = questions.length > 0 ? await ask(questions) : { upTo: 0, sums: [] }
      rules.forEach((rule, i) => {
        const question = asked[i]!
        const found = question && sums[questions.findIndex((other) => isSame(other, question))]!
        apply(rule, question, found ?? [], upTo, now())
      })
      pause = GATHER_MS
    } catch (error) {
      if (closed) return
      for (const rule of rules) dirty.set(rule.state, rule)
      if (pause === GATHER_MS)
        say(
          `Limits could not be read from the database, and count from this start on until it answers: ${String(error)}`,
        )
      pause = Math.min(LONGEST_PAUSE_MS, pause * 4)
    }
  }
  const workOff = () => {
    timer = null
    if (working || dirty.size === 0 || closed) return
    working = work().finally(() => {
      working = null
      if (dirty.size > 0) later()
    })
  }
  const later = () => {
    if (timer === null && !closed) timer = setTimeout(workOff, pause).unref()
  }
  const isReady = (rule: Rule, at: number) =>
    rule.span === null || rule.state.upTo !== null || at - rule.bornAt > MOST_WAIT_MS

  return {
    read(rule) {
      if (rule.span === null) return
      dirty.set(rule.state, rule)
      if (rule.state.upTo === null && !working && pause === GATHER_MS) queueMicrotask(workOff)
      else later()
    },
    isReady,
    async ready(rules) {
      while (!closed && rules.some((rule) => !isReady(rule, now()))) await Promise.race([working ?? tick(), tick()])
    },
    close() {
      closed = true
      if (timer) clearTimeout(timer)
    },
  }
}

/** Between two tries of a database that does not answer. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 20))

/** null: whatever is stored from before the rule has left its window. */
function toQuestion(rule: Rule, now: number): SumQuestion | null {
  roll(rule, now)
  const { state, limit, rollingMs, bornAt } = rule
  if (state.window.start >= bornAt) return null
  return {
    on: limit.on,
    name: limit.name ?? null,
    since: state.window.start,
    until: bornAt,
    after: state.upTo ?? 0,
    slotMs: rollingMs && slotMs(rollingMs),
  }
}

function apply(rule: Rule, question: SumQuestion | null, sums: readonly ScopeSum[], upTo: number, now: number): void {
  roll(rule, now)
  const { state, rollingMs } = rule
  if (question === null) {
    state.upTo ??= 0
    return
  }
  // Read while the window ended: none of it counts any more.
  const isOver = rollingMs === null && state.window.start !== question.since
  for (const sum of isOver ? [] : sums) {
    const at = rollingMs === null ? question.since : sum.slot * slotMs(rollingMs)
    const slot = slotAt(rule, counterOf(rule, sum.scope), at)
    if (slot) slot.before += amountOf(rule, sum)
  }
  state.upTo = upTo
}

function amountOf({ unit, limit }: Rule, sum: ScopeSum): number {
  if (unit === 'requests') return sum.requests
  if (unit === 'tokens') return sum.tokens
  const unpriced = limit.unpriced === 'count_as' ? Math.round((limit.countAs ?? 0) * 1e9) : 0
  return sum.costNano + sum.unpriced * unpriced
}

/** The amounts of one limit ask the same. */
const distinct = (questions: readonly SumQuestion[]): SumQuestion[] =>
  questions.filter((question, i) => questions.findIndex((other) => isSame(other, question)) === i)

const isSame = (a: SumQuestion, b: SumQuestion): boolean => JSON.stringify(a) === JSON.stringify(b)
