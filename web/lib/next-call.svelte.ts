/** The next call that comes in from now on: what the Connect card waits for. It follows that call from running to recorded. */
import type { CallListItem } from '../../db/queries/list-calls.ts'
import type { Api } from './api.ts'
import type { Live } from './live.svelte.ts'

/** Call while a component is set up. */
export function createNextCall(live: Live, api: Api) {
  let call = $state.raw<CallListItem | null>(null)
  const since = Date.now()
  /** Housekeeping (a model list at an SDK's start) proves the connection less than a real call does. */
  const best = (calls: CallListItem[]) => calls.find((c) => !c.auxiliary) ?? calls[0] ?? null

  $effect(() =>
    live.subscribe((event) => {
      if (event.type === 'missed') {
        if (!call)
          api.listCalls({ q: '', from: since, to: null, limit: 5 }).then(
            ({ items }) => (call ??= best(items)),
            () => {},
          )
        return
      }
      const own = event.calls.find((c) => c.id === call?.id)
      if (own) call = event.type === 'recorded' ? own : call
      else if (!call || (call.auxiliary && call.outcome !== 'running')) call = best(event.calls)
    }),
  )
  return {
    get current() {
      return call
    },
  }
}
