/** `alerts:` of weir.yaml: who is told by webhook, of what, in which form. */
import { z } from 'zod'
import { duration, flag, oneOf } from './units.ts'
import { baseUrlProblem } from './address.ts'

/** What can be told; the names users know. */
export const TOPICS = ['loops', 'budgets', 'providers', 'unpriced', 'silence'] as const
export const TEMPLATES = ['generic', 'slack', 'discord', 'teams', 'pagerduty'] as const

const alert = z
  .strictObject({
    name: z.string().regex(/^[\w. -]{1,64}$/, { error: 'up to 64 letters, digits, spaces, . _ -' }),
    webhook: z.string().min(1).describe('Where it is sent, as POST.'),
    secret: z
      .string()
      .min(1)
      .optional()
      .describe('For the signature in x-weir-signature; for pagerduty the routing key.'),
    template: oneOf(...TEMPLATES).prefault('generic'),
    on: z
      .array(oneOf(...TOPICS))
      .min(1, { error: 'name at least one topic' })
      .prefault([...TOPICS])
      .describe('What it tells of; left out: of all.'),
    silence: duration().prefault('30m').describe('Nothing recorded for this long is worth a message.'),
    content: flag().prefault(false).describe('Put what was repeated into the message: it is content of calls.'),
    allowPrivate: flag().prefault(false).describe('Allow a webhook at a link-local, metadata or disguised address.'),
  })
  .superRefine((it, context) => {
    const problem = webhookProblem(it.webhook, it.allowPrivate)
    if (problem) context.addIssue({ code: 'custom', path: ['webhook'], message: problem })
    if (it.template === 'pagerduty' && it.secret === undefined)
      context.addIssue({ code: 'custom', path: ['secret'], message: 'pagerduty needs its routing key as secret' })
  })

/** The same rules as for a provider's base URL, but that a webhook may have a query. */
function webhookProblem(webhook: string, allowPrivate: boolean): string | null {
  const url = URL.parse(webhook)
  if (url?.hash) return 'a webhook has no #'
  return baseUrlProblem(webhook.replace(/\?.*$/s, ''), allowPrivate)
}

export const alerts = z
  .array(alert)
  .superRefine((all, context) => {
    all.forEach(({ name }, at) => {
      if (all.findIndex((other) => other.name === name) < at)
        context.addIssue({ code: 'custom', path: [at, 'name'], message: `there are two alerts with the name ${name}` })
    })
  })
  .prefault([])

export type AlertConfig = z.output<typeof alert>
export type Topic = (typeof TOPICS)[number]
