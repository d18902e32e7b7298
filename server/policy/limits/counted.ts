/** Which calls limits count: those that may make a model work. The rows are summed by the same rule (db/queries/limit-sums.ts). */

/** Reading, probing and deleting what is stored at a provider costs nothing. */
export const UNCOUNTED_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'DELETE']

export const isCountedMethod = (method: string): boolean => !UNCOUNTED_METHODS.includes(method)
