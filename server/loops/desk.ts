/** Where word of loops comes in on the main thread, and where a person's word on one goes out: guard, alerts, recorder, dashboard. */
import type { Finding, FindingState } from './finding.ts'
import type { LoopNews } from './news.ts'
import type { LoopSettings } from './settings.ts'

export interface LoopDesk {
  hear(news: readonly LoopNews[]): void
  /** @throws ApiError `not_found` */
  mark(id: string, state: FindingState): Promise<Finding>
  /** Findings as they become, and as people mark them. */
  subscribe(listener: (finding: Finding) => void): () => void
}

export interface LoopDeskDeps {
  settings(): LoopSettings
  /** Writes it down. */
  write(change: { id: string; state: FindingState }): Promise<Finding>
  /** Tells the recorder, which goes on with the lane. */
  tellRecorder(change: { id: string; state: FindingState }): void
  guard: {
    hear(news: readonly LoopNews[], times: LoopSettings): void
    mark(id: string, state: FindingState): void
  }
  alerts: { finding(finding: Finding): void }
}

export const createLoopDesk = ({ settings, write, tellRecorder, guard, alerts }: LoopDeskDeps): LoopDesk => {
  const listeners = new Set<(finding: Finding) => void>()
  const publish = (finding: Finding) => {
    for (const listener of listeners) listener(finding)
  }
  return {
    hear(news) {
      guard.hear(news, settings())
      for (const { finding, change } of news) {
        if (change === 'calm') continue
        if (change !== 'more') alerts.finding(finding)
        publish(finding)
      }
    },
    async mark(id, state) {
      const finding = await write({ id, state })
      tellRecorder({ id, state })
      guard.mark(id, state)
      alerts.finding(finding)
      publish(finding)
      return finding
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
