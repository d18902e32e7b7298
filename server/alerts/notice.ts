/** One change of a state, before it takes the form of a template. */
import type { Topic } from '../config/alerts.ts'

export interface Notice {
  topic: Topic | 'test'
  /** What it is about, the same in every message of it: `budget key ci-agent cost month`. */
  key: string
  /** What is now: `ok`, or one of the topic's own (`80`, `looping`, `down`). */
  state: string
  severity: 'info' | 'warning' | 'critical'
  title: string
  text: string
  facts: Record<string, string | number>
  /** Content of calls; goes out only where it is asked for. */
  content: string | null
}

/** A state as it is now; what alerts make of it depends on what they have said before. */
export type Condition = Notice
