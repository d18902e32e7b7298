/** A call as lists and the live stream show it: without what only its own page needs. */
import type { CallListItem } from '../../db/queries/list-calls.ts'
import type { Call } from '../call.ts'

export const toListItem = ({ usageRaw: _raw, costParts: _parts, attempts: _attempts, ...item }: Call): CallListItem =>
  item
