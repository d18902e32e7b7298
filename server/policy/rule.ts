/** A condition of a route's target (`when`), ready to be asked of each call. All parts of it must hold. */
import type { When } from '../config/routes.ts'
import { createPatterns } from './pattern.ts'

/** What a condition may ask about. What costs a look into the body is a function. */
export interface RuleFacts {
  key: string | null
  team: string | null
  user: string | null
  tags: Readonly<Record<string, string>>
  model: string | null
  bodyBytes: number
  stream: boolean
  header(lowerName: string): string | null
  hasTools(): boolean
  hasImages(): boolean
}

export type Rule = (facts: RuleFacts) => boolean

export function createRule(when: When): Rule {
  const parts: Rule[] = []
  const among = (patterns: readonly string[] | undefined, read: (facts: RuleFacts) => string | null) => {
    if (!patterns) return
    const matches = createPatterns(patterns)
    parts.push((facts) => matches(read(facts) ?? ''))
  }
  for (const [name, value] of Object.entries(when.tag ?? {})) among([value], ({ tags }) => tags[name] ?? null)
  for (const [name, value] of Object.entries(when.header ?? {}))
    among([value], ({ header }) => header(name.toLowerCase()))
  among(when.key, ({ key }) => key)
  among(when.team, ({ team }) => team)
  among(when.user, ({ user }) => user)
  among(when.model, ({ model }) => model)
  const { overBytes, underBytes, stream, tools, images } = when
  if (overBytes !== undefined) parts.push(({ bodyBytes }) => bodyBytes > overBytes)
  if (underBytes !== undefined) parts.push(({ bodyBytes }) => bodyBytes < underBytes)
  if (stream !== undefined) parts.push((facts) => facts.stream === stream)
  if (tools !== undefined) parts.push((facts) => facts.hasTools() === tools)
  if (images !== undefined) parts.push((facts) => facts.hasImages() === images)
  return (facts) => parts.every((holds) => holds(facts))
}
