import type { Route } from '../targets.ts'
import { cheapest } from './cheapest.ts'
import { fastest } from './fastest.ts'
import { first } from './first.ts'
import { leastBusy } from './least-busy.ts'
import { rules } from './rules.ts'
import type { Strategy } from './strategy.ts'
import { weighted } from './weighted.ts'

export const strategies: Readonly<Record<Route['strategy'], Strategy>> = {
  first,
  weighted,
  cheapest,
  fastest,
  'least-busy': leastBusy,
  rules,
}
