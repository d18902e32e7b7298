/** Why Redis gave no answer, in words for people; whoever asked decides what that means. */
export const redisAway = (problem: string, cause?: unknown): Error =>
  Object.assign(new Error(problem, { cause }), { name: NAME })

export const isRedisAway = (error: unknown): error is Error => error instanceof Error && error.name === NAME

const NAME = 'RedisAway'
