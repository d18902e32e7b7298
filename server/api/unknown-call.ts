/** The one wording for an id that no call has. */
import { ApiError } from './problem.ts'

export const unknownCall = (id: string): ApiError =>
  new ApiError('not_found', `No call has the id ${id}.`, {
    help: 'It may have been removed by the retention setting. Other ids (resp_…, msg_…, trace, session) are found by /api/find?id=.',
  })
