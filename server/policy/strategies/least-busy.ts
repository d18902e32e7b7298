/** The target with the fewest calls under way for its weight. */
import { byNumber, type Strategy } from './strategy.ts'

export const leastBusy: Strategy = {
  order: ({ targets, health }) =>
    byNumber(targets, (target) => (health(target).inFlight + 1) / Math.max(target.weight, 1e-9)),
  why: (target, { health }) => `strategy least-busy, ${health(target).inFlight} under way`,
}
