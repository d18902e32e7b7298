/**
 * Makes one piece of what one read of the provider's socket brought. undici hands over each chunk of the framing by itself, and
 * forty small pieces cost the journal and the client's socket forty times what one does; it waits for nothing that is not there.
 */
export interface Gather {
  add(bytes: Buffer): void
  /** Passes on what is there, now: before an end or a failure is told. */
  flush(): void
}

export function createGather(pass: (bytes: Buffer) => void): Gather {
  let gathered: Buffer[] = []
  const flush = () => {
    if (gathered.length === 0) return
    const bytes = gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered)
    gathered = []
    pass(bytes)
  }
  return {
    add(bytes) {
      // A microtask: the parser has then gone through the whole read.
      if (gathered.push(bytes) === 1) void Promise.resolve().then(flush)
    },
    flush,
  }
}
