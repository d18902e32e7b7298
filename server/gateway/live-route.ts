/** What a call knows of the route that it took: made once by `identify`, read by every try. */
import type { Change } from '../call.ts'
import type { Strategy, Ask } from '../policy/strategies/strategy.ts'
import type { Route, RouteTarget } from '../policy/targets.ts'
import type { Family } from '../providers/bases.ts'
import type { TopLevel } from './scan.ts'

export interface LiveRoute {
  name: string
  route: Route
  strategy: Strategy
  ask: Ask
  /** The targets that this call may be sent to, in the order of trying. */
  targets: readonly RouteTarget[]
  /** Targets that it may not be sent to, and why. */
  excluded: readonly string[]
  family: Family
  /** Path and query below the family's base, as the client wrote it. */
  tail: string
  scanned: TopLevel | null
  /** The model that the client asked for; null where it asked for the route by name, or for none. */
  model: string | null
  /** The route's name stood in place of a model. */
  named: boolean
  /** The provider that the client's own credential is for; null: it showed none. */
  ownProvider: string | null
  /** Under which its session's place is remembered; null: it has none, or the route is not sticky. */
  stay: string | null
  /** The target where its session is; null: it is nowhere yet, or that target is open. */
  stayed: RouteTarget | null
  /** What binds the call to the account that it was begun with, in words; null: nothing. */
  bound: string | null
  /** The id of an answer to continue that this process does not know; null: there is none, or it is known. */
  unknownId: string | null
  /** All that fit this call. */
  fitting: readonly RouteTarget[]
  /** Only this credential may be used (as the journal names it); null: any. */
  boundTo: string | null
  /** What holds for every try: before the first, from `admit`. */
  common: { body: Buffer | null; drop: string[]; set: [name: string, value: string][]; changes: Change[] } | null
}
