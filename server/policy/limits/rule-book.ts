/** The rules in force: those of weir.yaml, and those that keys carry. One book serves every ledger, wherever the counts are. */
import type { KeyLimits } from './budgets.ts'
import type { Ask, Charge } from './ledger.ts'
import type { KeyLimit, Limit } from './limit.ts'
import { createRules, type Rule } from './rule.ts'

export interface RuleBook {
  /** Of weir.yaml. */
  config(): readonly Rule[]
  /** One of them is on sessions or lanes. */
  byPlace(): boolean
  /** Rules that this call may have to do with; their scope says whether it has. */
  concerning(ask: Ask): readonly Rule[]
  /** Of the key of a stored call, as far as it called this process. */
  ofKey(charge: NonNullable<Charge>): readonly Rule[]
  configure(limits: readonly Limit[]): void
  /** Every rule, once for each key; keys that carry none any more are forgotten. */
  all(keys: Iterable<KeyLimits>): Rule[]
}

export interface RuleBookDeps {
  now(): number
  /** A rule that was not there before. */
  onNew(rule: Rule): void
  /** There are rules: once. */
  onNeed(): void
}

export function createRuleBook({ now, onNew, onNeed }: RuleBookDeps): RuleBook {
  let rules: Rule[] = []
  let byPlace = false
  const ofKeys = new Map<string, { limits: readonly KeyLimit[]; rules: Rule[] }>()
  let needed = false

  /** Once they were needed they are until the end: calls are under way that wait for them. */
  const need = () => {
    if (needed) return
    needed = true
    onNeed()
  }
  const make = (limits: readonly Limit[], source: Rule['source'], old: readonly Rule[], at: number): Rule[] => {
    const known = new Map(old.map((rule) => [rule.id, rule]))
    const made = limits.flatMap((limit) => createRules(limit, source, at, known))
    if (made.length > 0) need()
    for (const rule of made) if (!known.has(rule.id)) onNew(rule)
    return made
  }
  /** A key's rules are made when it first calls, with that call as the first they count, and again when its limits are others. */
  const rulesOfKey = (name: string, limits: readonly KeyLimit[], at: number): Rule[] => {
    const known = ofKeys.get(name)
    if (known?.limits === limits) return known.rules
    const own = limits.map((limit): Limit => ({ ...limit, on: 'key', name }))
    const made = make(own, 'key', known?.rules ?? [], at)
    ofKeys.set(name, { limits, rules: made })
    return made
  }

  return {
    config: () => rules,
    byPlace: () => byPlace,
    concerning: ({ key, keyLimits, startedAt }) =>
      key === null || keyLimits === null || keyLimits.length === 0
        ? rules
        : [...rules, ...rulesOfKey(key, keyLimits, startedAt)],
    ofKey: ({ key }) => (key !== null && ofKeys.get(key)?.rules) || [],
    configure(limits) {
      rules = make(limits, 'config', rules, now())
      byPlace = limits.some(({ on }) => on === 'session' || on === 'lane')
    },
    all(keys) {
      const carrying = [...keys].filter(({ limits }) => limits.length > 0)
      for (const { name, limits } of carrying) rulesOfKey(name, limits, now())
      for (const name of ofKeys.keys()) if (!carrying.some((each) => each.name === name)) ofKeys.delete(name)
      return [...rules, ...[...ofKeys.values()].flatMap((each) => each.rules)]
    },
  }
}
