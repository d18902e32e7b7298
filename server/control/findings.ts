/** What a person says of a finding: the control thread writes it down. */
import { getFinding, setFindingState } from '../../db/queries/findings.ts'
import type { Finding, FindingState } from '../loops/finding.ts'
import type { Control } from './keys.ts'
import { ControlError } from './messages.ts'

export const markFinding = async (
  { db }: Pick<Control, 'db'>,
  { id, state }: { id: string; state: FindingState },
): Promise<Finding> => {
  const isThere = await setFindingState(db, id, state)
  const finding = isThere ? await getFinding(db, { id }) : null
  if (!finding) throw new ControlError('not_found', `There is no finding "${id}".`)
  return finding
}
