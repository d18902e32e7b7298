/**
 * Something fetched: data, loading or error, and a way to try again. The old data stays in place while the new is on its way, so that a
 * page never flickers; an answer that has been overtaken is thrown away.
 */
import { isAbort } from './api.ts'

export interface Resource<T> {
  readonly data: T | null
  readonly error: Error | null
  readonly loading: boolean
  refresh(): void
}

/** `key` is read reactively; null means: nothing to fetch now. Call while a component is set up. */
export function createResource<K, T>(
  key: () => K | null,
  load: (key: K, signal: AbortSignal) => Promise<T>,
): Resource<T> {
  let data = $state.raw<T | null>(null)
  let error = $state.raw<Error | null>(null)
  let loading = $state(true)
  let turn = $state(0)

  $effect(() => {
    void turn
    const wanted = key()
    if (wanted === null) return
    const abort = new AbortController()
    loading = true
    load(wanted, abort.signal).then(
      (value) => {
        if (abort.signal.aborted) return
        data = value
        error = null
        loading = false
      },
      (reason: unknown) => {
        if (abort.signal.aborted || isAbort(reason)) return
        error = reason instanceof Error ? reason : new Error(String(reason))
        loading = false
      },
    )
    return () => abort.abort()
  })

  return {
    get data() {
      return data
    },
    get error() {
      return error
    },
    get loading() {
      return loading
    },
    refresh: () => void turn++,
  }
}
