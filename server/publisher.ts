/** Who hears of calls once they are stored: whole calls for those who watch, and for the rest no more than that they are there. */
import type { Call } from './call.ts'
import type { Ask } from './reader/ask.ts'
import type { StoredCall } from './recorder/messages.ts'

export interface Publisher {
  /** `calls` null: the recorder had not heard yet that somebody watches. */
  publish(stored: readonly StoredCall[], calls: Call[] | null): void
  /** After the commit, in the order of storing. Gives back how to stop. */
  onRecorded(listener: (calls: Call[]) => void): () => void
  onStored(listener: (stored: readonly StoredCall[]) => void): () => void
}

export interface PublisherDeps {
  ask: Ask
  /** The recorder sends whole calls from now on, or no longer. */
  listen(on: boolean): void
}

export const createPublisher = ({ ask, listen }: PublisherDeps): Publisher => {
  const watching = new Set<(calls: Call[]) => void>()
  const counting = new Set<(stored: readonly StoredCall[]) => void>()
  const tell = (calls: Call[]) => {
    for (const listener of watching) listener(calls)
  }
  /** Stored before the recorder heard that somebody listens: the listener must not miss them. */
  const readBack = async (stored: readonly StoredCall[]): Promise<Call[]> => {
    const calls = await Promise.all(stored.map(({ id }) => ask('getCall', { id }).catch(() => null)))
    return calls.filter((call) => call !== null)
  }

  return {
    publish(stored, calls) {
      for (const listener of counting) listener(stored)
      if (calls) tell(calls)
      else if (watching.size > 0) void readBack(stored).then(tell)
    },
    onRecorded(listener) {
      watching.add(listener)
      if (watching.size === 1) listen(true)
      return () => {
        if (watching.delete(listener) && watching.size === 0) listen(false)
      }
    },
    onStored(listener) {
      counting.add(listener)
      return () => void counting.delete(listener)
    },
  }
}
