/** Everything that a reader thread can be asked: one name, one function of the database and plain arguments. */
import { callPayload } from '../../db/queries/call-payload.ts'
import { countCalls } from '../../db/queries/count-calls.ts'
import { listFindings } from '../../db/queries/findings.ts'
import { findId } from '../../db/queries/find-id.ts'
import { getCall } from '../../db/queries/get-call.ts'
import { getSession } from '../../db/queries/get-session.ts'
import { histogram } from '../../db/queries/histogram.ts'
import { keyDays, keysUsage } from '../../db/queries/key-usage.ts'
import { limitSums } from '../../db/queries/limit-sums.ts'
import { listCalls } from '../../db/queries/list-calls.ts'
import { listSessions } from '../../db/queries/list-sessions.ts'
import { overview } from '../../db/queries/overview.ts'
import { series } from '../../db/queries/series.ts'
import { stepPlace } from '../../db/queries/step-place.ts'
import { suggest } from '../../db/queries/suggest.ts'
import { providerFigures } from '../../db/queries/provider-figures.ts'
import { top } from '../../db/queries/top.ts'
import { storedCredentials } from '../control/credentials.ts'
import { storedKeys } from '../control/keys.ts'
import { conversation } from './conversation.ts'
import { exportPage } from './export-page.ts'
import { headers } from './headers.ts'
import { knownModels } from './known-models.ts'
import { decodedPayload } from './payload.ts'
import { priceOf } from './price-of.ts'
import { timeline } from './timeline.ts'

export const questions = {
  callPayload,
  conversation,
  countCalls,
  decodedPayload,
  exportPage,
  findId,
  getCall,
  getSession,
  headers,
  histogram,
  keyDays,
  keysUsage,
  knownModels,
  limitSums,
  listCalls,
  listFindings,
  listSessions,
  overview,
  priceOf,
  providerFigures,
  series,
  stepPlace,
  storedCredentials,
  storedKeys,
  suggest,
  timeline,
  top,
}
