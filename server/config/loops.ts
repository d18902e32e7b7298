/** `loops:` of weir.yaml: from when on a run counts as turning in circles, and what is done then; for all, and per key and route. */
import { z } from 'zod'
import { DEFAULT_POLLING } from '../loops/polling.ts'
import { ACTIONS, type Caps, type LoopRules, type LoopSettings } from '../loops/settings.ts'
import { DEFAULT_THRESHOLDS, type Thresholds } from '../loops/thresholds.ts'
import { amount, duration, oneOf, whole } from './units.ts'

const NANO = 1e9

const isOff = (value: unknown): boolean => value === false || value === 'off' || value === null
/** A rule's thresholds; `off` switches it off, what is left out keeps its default. */
const rule = <T extends z.ZodRawShape>(shape: T, says: string) =>
  z
    .preprocess((value) => (isOff(value) ? null : value), z.strictObject(shape).partial().nullable())
    .optional()
    .describe(`${says} off: not looked at.`)
const share = () =>
  amount().refine((value) => value > 0 && value <= 1, { error: 'write a share above 0 and up to 1, such as 0.92' })
/** More than the steps that are remembered can never be counted. */
const steps = (least = 2) => whole(least, 20)

const rules = z
  .strictObject({
    repeat: rule(
      { same: steps(), any: steps() },
      'The same call in a row: with the same result, or whatever the result.',
    ),
    cycle: rule({ times: steps(), longest: whole(2, 6) }, 'Rounds, and the most calls that a round may have.'),
    echo: rule({ turns: steps(), alike: share() }, 'Turns in a row in which nearly the same came in.'),
    error: rule(
      { times: steps(), between: steps(), bodies: steps(), within: duration() },
      'The same error in a row, or with other calls between; the same request within a time.',
    ),
    ramp: rule({ turns: steps(), fresh: share() }, 'Turns in which the context grows, and the share that must be new.'),
    velocity: rule(
      { costPerMinute: amount(), tokensPerMinute: amount(), times: amount() },
      'Dollars and tokens a minute, or so many times what the lane is used to.',
    ),
    stall: rule({ turns: steps(), alike: share() }, 'Turns in a row in which the model said nearly the same.'),
  })
  .partial()

const caps = z
  .strictObject({
    calls: whole(1, 1e9),
    cost: amount().describe('Dollars.'),
    tokens: whole(1, 1e15),
    time: duration(),
  })
  .partial()
  .describe(
    'Beyond one of these a run is a runaway. Counted for each lane from when Weir first saw it since its start.',
  )

const action = oneOf('off', ...ACTIONS)
const own = z.strictObject({ action: action.optional(), rules: rules.optional(), caps: caps.optional() })
const named = (says: string) => z.record(z.string().min(1), own).prefault({}).describe(says)

export const loops = z
  .preprocess(
    (value) => (value === undefined ? {} : isOff(value) ? { action: 'off' } : value),
    z.strictObject({
      action: action
        .prefault('alert')
        .describe(
          'Each does what those before it do: mark the calls, alert, answer with x-weir-loop, hold calls back (throttle), refuse them (block).',
        ),
      rules: rules.prefault({}),
      caps: caps.prefault({}),
      polling: z
        .array(z.string().min(1))
        .prefault([])
        .describe('Tools that may be asked the same again and again, such as *_status; beside those that Weir knows.'),
      throttle: duration().prefault('5s').describe('How long a call of a looping run is held back.'),
      release: duration().prefault('1m').describe('So long after its last repeat a run is let go.'),
      keys: named('Weir key → its own action, rules and caps.'),
      routes: named('Route → its own action, rules and caps.'),
    }),
  )
  .transform(toSettings)

type Rules = z.output<typeof rules>
type Given = {
  action?: LoopRules['action'] | undefined
  rules?: Rules | undefined
  caps?: z.output<typeof caps> | undefined
}

function toSettings(given: {
  action: LoopRules['action']
  rules: Rules
  caps: z.output<typeof caps>
  polling: string[]
  throttle: number
  release: number
  keys: Record<string, Given>
  routes: Record<string, Given>
}): LoopSettings {
  const base: LoopRules = {
    action: given.action,
    rules: toThresholds(DEFAULT_THRESHOLDS, given.rules),
    caps: toCaps({ calls: null, costNano: null, tokens: null, ms: null }, given.caps),
  }
  const each = (all: Record<string, Given>) =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, toOwn(base, one)]))
  return {
    ...base,
    polling: [...DEFAULT_POLLING, ...given.polling],
    throttleMs: given.throttle,
    releaseMs: given.release,
    keys: each(given.keys),
    routes: each(given.routes),
  }
}

/** Only what it says itself: what a key leaves out is its route's, then everybody's. */
const toOwn = (base: LoopRules, one: Given): Partial<LoopRules> => ({
  ...(one.action === undefined ? {} : { action: one.action }),
  ...(one.rules === undefined ? {} : { rules: toThresholds(base.rules, one.rules) }),
  ...(one.caps === undefined ? {} : { caps: toCaps(base.caps, one.caps) }),
})

const toCaps = (base: Caps, { calls, cost, tokens, time }: z.output<typeof caps>): Caps => ({
  calls: calls ?? base.calls,
  costNano: cost === undefined ? base.costNano : Math.round(cost * NANO),
  tokens: tokens ?? base.tokens,
  ms: time ?? base.ms,
})

function toThresholds(base: Thresholds, { error, velocity, ...plain }: Rules): Thresholds {
  const over = <T extends object>(before: T | null, defaults: T | null, given: object | null | undefined): T | null =>
    given === undefined ? before : given === null ? null : ({ ...(before ?? defaults), ...given } as T)
  const it = DEFAULT_THRESHOLDS
  return {
    repeat: over(base.repeat, it.repeat, plain.repeat),
    cycle: over(base.cycle, it.cycle, plain.cycle),
    echo: over(base.echo, it.echo, plain.echo),
    error: over(base.error, it.error, error && renamed(error, { within: ['withinMs', 1] })),
    ramp: over(base.ramp, it.ramp, plain.ramp),
    velocity: over(
      base.velocity,
      it.velocity,
      velocity && renamed(velocity, { costPerMinute: ['costNanoPerMinute', NANO] }),
    ),
    stall: over(base.stall, it.stall, plain.stall),
  }
}

/** What stands in the file in dollars and durations is kept in nano-dollars and milliseconds. */
const renamed = (given: object, names: Record<string, [string, number]>): object =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]: [string, number | undefined]) => {
      if (value === undefined) return []
      const [as, by] = names[name] ?? [name, 1]
      return [[as, Math.round(value * by * 1e6) / 1e6]]
    }),
  )
