/**
 * Alerts are states: each is told when it changes and not again. What was told is on the disk before the next look, so a
 * restart says nothing twice; what could not be delivered is tried again with growing pauses, in the state that it has by then.
 */
import type { AlertConfig } from '../config/alerts.ts'
import type { Finding } from '../loops/finding.ts'
import { ofFinding } from './conditions.ts'
import { openMemory } from './memory.ts'
import type { Condition, Notice } from './notice.ts'
import { send, type SendDeps, type Sent } from './send.ts'

const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 15 * 60_000
/** A loop is told by an event, which does not come again: it is tried for as long as these are remembered. */
const MOST_WAITING = 500

export interface AlertItem {
  name: string
  /** How many things it has told of that are not over. */
  state: 'ok' | 'firing' | 'failing'
  since: number | null
  lastSentAt: number | null
  lastError: string | null
}

export interface Alerts {
  /** A loop was found, got worse or was marked. */
  finding(finding: Finding): void
  /** Looks at everything else, and tries again what is due. Never rejects. */
  look(): Promise<void>
  list(): AlertItem[]
  /** null: there is no such alert. */
  test(name: string): Promise<Sent | null>
}

export interface AlertsDeps extends SendDeps {
  dataDir: string
  config(): readonly AlertConfig[]
  /** The states of an alert's topics, but loops. */
  conditions(alert: AlertConfig): Promise<Condition[]>
}

interface Channel {
  /** Loops that are to be told, the latest of each. */
  waiting: Map<string, Condition>
  failures: number
  retryAt: number
  lastSentAt: number | null
  lastError: string | null
}

export const createAlerts = (deps: AlertsDeps): Alerts => {
  const { now } = deps
  const memory = openMemory(deps.dataDir, now)
  const channels = new Map<string, Channel>()
  let looking: Promise<void> | null = null
  let again = false

  const channelOf = ({ name }: AlertConfig): Channel => {
    const known = channels.get(name)
    if (known) return known
    const made: Channel = { waiting: new Map(), failures: 0, retryAt: 0, lastSentAt: null, lastError: null }
    channels.set(name, made)
    return made
  }

  /** False: not now, and nothing more to this receiver. */
  const tell = async (alert: AlertConfig, channel: Channel, notice: Notice): Promise<boolean> => {
    const sent = await send(alert, notice, deps)
    if (sent.ok) {
      channel.failures = 0
      channel.lastSentAt = now()
      channel.lastError = null
      return true
    }
    channel.lastError = sent.message
    channel.retryAt = now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** channel.failures++)
    return false
  }

  const settle = async (alert: AlertConfig, channel: Channel, condition: Condition): Promise<boolean> => {
    const { key, state } = condition
    const said = memory.said(alert.name, key)
    if ((said?.state ?? 'ok') === state) return true
    if (isWorthIt(condition, said?.state ?? 'ok') && !(await tell(alert, channel, condition))) return false
    memory.keep(alert.name, key, state === 'ok' ? null : { state, since: now() })
    return true
  }

  const lookAt = async (alert: AlertConfig) => {
    const channel = channelOf(alert)
    if (channel.retryAt > now()) return
    const states = await deps.conditions(alert).catch(() => [])
    for (const condition of [...channel.waiting.values(), ...states]) {
      if (!(await settle(alert, channel, condition))) return
      if (channel.waiting.get(condition.key) === condition) channel.waiting.delete(condition.key)
    }
  }

  /** One look at a time; what comes meanwhile gets a look of its own. */
  const look = (): Promise<void> => {
    if (looking) {
      again = true
      return looking
    }
    looking = (async () => {
      do {
        again = false
        await Promise.all(deps.config().map(lookAt))
      } while (again)
    })().finally(() => (looking = null))
    return looking
  }

  return {
    finding(finding) {
      const condition = ofFinding(finding)
      if (!condition) return
      for (const alert of deps.config()) {
        if (!alert.on.includes('loops')) continue
        const { waiting } = channelOf(alert)
        waiting.set(condition.key, condition)
        if (waiting.size > MOST_WAITING) waiting.delete(waiting.keys().next().value!)
      }
      void look()
    },
    look,
    list: () =>
      deps.config().map((alert) => {
        const { lastSentAt, lastError } = channelOf(alert)
        const since = memory.of(alert.name).map(([, said]) => said.since)
        return {
          name: alert.name,
          state: lastError !== null ? 'failing' : since.length > 0 ? 'firing' : 'ok',
          since: since.length > 0 ? Math.min(...since) : null,
          lastSentAt,
          lastError,
        }
      }),
    async test(name) {
      const alert = deps.config().find((one) => one.name === name)
      return alert ? send(alert, TEST, deps) : null
    },
  }
}

/** A budget that falls back from 50 % because its month is over is no news; that one which was spent has room again is. */
function isWorthIt({ topic, state }: Condition, before: string): boolean {
  if (topic !== 'budgets' || before === 'spent before its end') return state !== 'ok' || topic !== 'budgets'
  const [now, then] = [Number(state), Number(before)]
  if (state === 'ok') return then === 100
  return Number.isNaN(now) || Number.isNaN(then) || now > then
}

const TEST: Notice = {
  topic: 'test',
  key: 'test',
  state: 'ok',
  severity: 'info',
  title: 'Weir can reach this webhook',
  text: 'This is a test that somebody asked for. Nothing is wrong.',
  facts: {},
  content: null,
}
