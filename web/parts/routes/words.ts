/** Routes and health in words. */
import type { HealthState, RouteItem } from '../../lib/control.ts'
import { toClock } from '../../lib/time.ts'

const STRATEGIES: Record<string, string> = {
  first: 'the first that is well, in this order',
  weighted: 'shared out by weight',
  cheapest: 'the cheapest that is well',
  fastest: 'the fastest lately',
  'least-busy': 'the one with the fewest calls running',
  rules: 'by rules, in this order',
}
export const toStrategyText = (strategy: string): string => STRATEGIES[strategy] ?? strategy

const ON: Record<string, string> = {
  '429': '429',
  '4xx': '4xx',
  '5xx': '5xx',
  timeout: 'a timeout',
  connect: 'no connection',
}
const listed = (words: string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
/** What makes a call go on to the next target. */
export const toFallbackText = ({ on, retries }: Pick<RouteItem, 'on' | 'retries'>): string =>
  [
    on.length === 0 ? 'never goes on' : `goes on after ${listed(on.map((it) => ON[String(it)] ?? String(it)))}`,
    retries === 0 ? null : `${retries} more ${retries === 1 ? 'try' : 'tries'} each`,
  ]
    .filter(Boolean)
    .join(', ')

export const toHealth = (
  state: HealthState,
  until: number | null,
  now: number,
): { text: string; tone: 'good' | 'warn' | 'bad'; help: string } => {
  const left = until === null || until <= now ? null : toClock(until)
  if (state === 'ok') return { text: 'ok', tone: 'good', help: 'Takes calls.' }
  if (state === 'cooling')
    return {
      text: left ? `cooling until ${left}` : 'cooling',
      tone: 'warn',
      help: 'It asked for a pause or failed lately: calls go elsewhere until then.',
    }
  return {
    text: left ? `out until ${left}` : 'out',
    tone: 'bad',
    help: 'Too many of its calls failed: none are sent until a single one is tried again.',
  }
}
/** From this share on, errors are worth a colour. */
export const TOO_MANY = 0.05
/** The same with fewer calls says nothing. */
export const ENOUGH_CALLS = 5

/** The five lines that make the first route. */
export const FIRST_ROUTE = `routes:
  fast:
    targets:
      - openai/gpt-5-mini
      - openrouter/openai/gpt-5-mini`
