/** The shapes of sessions and findings, as the API gives them. */
import type { Api } from './api.ts'

export type { Finding, FindingState } from '../../server/loops/finding.ts'
export type { SessionFinding, SessionItem, SessionLane, SessionPage, Step } from '../../db/queries/session-item.ts'

/** The last part of the address that changes a finding. */
export type FindingChange = 'mute' | 'resolve' | 'false-positive' | 'reopen'

/** What is in force for all calls, and for keys and routes with rules of their own. */
export type LoopsInForce = Awaited<ReturnType<Api['loops']>>
