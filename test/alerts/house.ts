/** A webhook that remembers what it was sent, and alerts over it with a clock that the test turns. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from 'undici'
import { createAlerts, type Alerts } from '../../server/alerts/alerts.ts'
import type { Condition } from '../../server/alerts/notice.ts'
import { alerts as schema } from '../../server/config/alerts.ts'
import type { Finding } from '../../server/loops/finding.ts'
import { type FakeProvider, json, startProvider } from '../support/provider.ts'

export interface AlertHouse {
  hook: FakeProvider
  alerts: Alerts
  clock: { now: number }
  /** The states that a look finds. */
  states: Condition[]
  /** As a restart would: nothing is remembered but what is on the disk. */
  restart(): Alerts
  close(): Promise<void>
}

export async function openAlertHouse(alert: Record<string, unknown> = {}): Promise<AlertHouse> {
  const hook = await startProvider(json({ ok: true }))
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-alerts-'))
  const agent = new Agent()
  const clock = { now: Date.UTC(2026, 2, 10, 12) }
  const config = schema.parse([{ name: 'ops', webhook: `${hook.url}/hook?team=7`, ...alert }])
  const states: Condition[] = []
  const create = () =>
    createAlerts({
      dataDir,
      config: () => config,
      now: () => clock.now,
      conditions: async () => states.slice(),
      dispatcher: () => agent,
    })
  return {
    hook,
    alerts: create(),
    clock,
    states,
    restart: create,
    close: async () => {
      await agent.close()
      await hook.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export const toFinding = (given: Partial<Finding> = {}): Finding => ({
  id: 'f_1',
  verdict: 'looping',
  rules: ['repeat'],
  sessionId: 's-1',
  lane: null,
  callIds: ['a', 'b', 'c', 'd'],
  evidence: [
    {
      rule: 'repeat',
      text: 'search was called 4 times',
      callIds: ['a', 'b', 'c', 'd'],
      repeated: 'search({"q":"secret"})',
    },
  ],
  spentNano: 1_230_000_000,
  state: 'open',
  action: 'alert',
  firstAt: 1,
  lastAt: 2,
  ...given,
})

export const toState = (given: Partial<Condition> = {}): Condition => ({
  topic: 'providers',
  key: 'target openai',
  state: 'down',
  severity: 'critical',
  title: 'openai is down',
  text: 'Calls are kept from it.',
  facts: { target: 'openai' },
  content: null,
  ...given,
})
