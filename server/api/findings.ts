/** /api/findings: the loops that were found, and what people say of them; /api/loops: the rules in force. */
import { createRoute } from '@hono/zod-openapi'
import type { FindingState } from '../loops/finding.ts'
import type { LoopRules, LoopSettings } from '../loops/settings.ts'
import type { Thresholds } from '../loops/thresholds.ts'
import { rules } from '../loops/rules.ts'
import type { AppDeps } from './deps.ts'
import { answers, createRoutes } from './routes.ts'
import { finding, findingList, findingParam, findingsQuery, loopRules } from './schema/findings.ts'

const tags = ['Loops']

const list = createRoute({
  method: 'get',
  path: '/findings',
  tags,
  summary: 'Loops and runaways that were found',
  request: { query: findingsQuery },
  responses: answers(findingList, 'The latest first.'),
})

const marking = (word: 'mute' | 'resolve' | 'false-positive' | 'reopen', summary: string, description: string) =>
  createRoute({
    method: 'post',
    path: `/findings/{id}/${word}` as const,
    tags,
    summary,
    description,
    request: { params: findingParam },
    responses: answers(finding, 'As it is now.'),
  })

const mute = marking('mute', 'Say no more of a loop', 'It grows on unheard, and its run is not acted on any more.')
const resolve = marking('resolve', 'Done with a loop', 'Its lane begins anew; another loop in it is another finding.')
const falsePositive = marking('false-positive', 'This is no loop', 'Like muting, and counted as a false alarm.')
const reopen = marking('reopen', 'Look at a loop again', 'From its next repeat on it is acted on again.')

const inForce = createRoute({
  method: 'get',
  path: '/loops',
  tags,
  summary: 'The loop rules in force',
  responses: answers(loopRules, 'For all calls, and what keys and routes have of their own.'),
})

export const findingRoutes = ({ ask, loops, config }: Pick<AppDeps, 'ask' | 'loops' | 'config'>) => {
  const to = (id: string, state: FindingState) => loops.mark(id, state)
  return createRoutes()
    .openapi(list, async (c) => {
      const { state = null, verdict = null, sessionId = null, limit, cursor = null } = c.req.valid('query')
      return c.json(await ask('listFindings', { states: state, verdicts: verdict, sessionId, limit, cursor }), 200)
    })
    .openapi(mute, async (c) => c.json(await to(c.req.valid('param').id, 'muted'), 200))
    .openapi(resolve, async (c) => c.json(await to(c.req.valid('param').id, 'resolved'), 200))
    .openapi(falsePositive, async (c) => c.json(await to(c.req.valid('param').id, 'false_positive'), 200))
    .openapi(reopen, async (c) => c.json(await to(c.req.valid('param').id, 'open'), 200))
    .openapi(inForce, (c) => c.json(toLoopRules(config().loops), 200))
}

const SAYS: Record<keyof Thresholds, string> = {
  repeat:
    'The same tool with the same arguments in a row: `same` times with the same result, or `any` times whatever the result.',
  cycle: 'Rounds of 2 to `longest` calls with the same arguments and results, `times` in a row.',
  echo: 'What comes in new is `alike` in `turns` turns in a row.',
  error:
    'The same error `times` in a row, or `between` times with other calls between; or the same request `bodies` times within `withinMs`.',
  ramp: 'The context grows for `turns` turns, and less than the share `fresh` of what is added is new.',
  velocity:
    'More than `costNanoPerMinute` or `tokensPerMinute`; or `times` what the lane is used to, and more than 99 % of all lanes.',
  stall: 'The model says what is `alike` in `turns` turns in a row, or repeats the end of one output.',
}

function toLoopRules(settings: LoopSettings) {
  const { action, caps, polling, throttleMs, releaseMs } = settings
  const each = (all: LoopSettings['keys']) =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, toOwn(one)]))
  return {
    action,
    rules: rules.map(({ name }) => ({ name, says: SAYS[name], thresholds: settings.rules[name] })),
    caps: { ...caps },
    polling: [...polling],
    throttleMs,
    releaseMs,
    keys: each(settings.keys),
    routes: each(settings.routes),
  }
}

const toOwn = ({ action, rules: own, caps }: Partial<LoopRules>) => ({
  action: action ?? null,
  rules: own ? { ...own } : null,
  caps: caps ? { ...caps } : null,
})
