// Each receiver refuses what it does not know, and shows what is written as markup: the forms are theirs, the words are Weir's.
import { expect, test } from 'vitest'
import { templates } from '../../server/alerts/templates.ts'
import { toState } from './house.ts'

const AT = { at: Date.UTC(2026, 2, 10, 12), secret: 'routing-key' }
const notice = toState({ title: 'A <b> & c', text: 'x'.repeat(5000), facts: { session: 's-1', calls: 4 } })

test('slack: escaped, and within its lengths', () => {
  const body = templates.slack(notice, AT) as { text: string; blocks: { type: string; text?: { text: string } }[] }
  expect(body.text).toContain('A &lt;b&gt; &amp; c')
  expect(body.blocks.map(({ type }) => type)).toEqual(['header', 'section', 'context'])
  expect(body.blocks[1]!.text!.text.length).toBeLessThanOrEqual(3000)
})

test('discord: mentions nobody, within its lengths', () => {
  const body = templates.discord(notice, AT) as { embeds: { description: string; fields: unknown[] }[] }
  expect(body).toMatchObject({ allowed_mentions: { parse: [] } })
  expect(body.embeds[0]!.description.length).toBeLessThanOrEqual(4096)
  expect(body.embeds[0]!.fields).toEqual([
    { name: 'session', value: 's-1', inline: true },
    { name: 'calls', value: '4', inline: true },
  ])
})

test('teams: an adaptive card', () => {
  expect(templates.teams(notice, AT)).toMatchObject({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } }],
  })
})

test('pagerduty: one incident a state, resolved by its end', () => {
  const opened = templates.pagerduty(notice, AT) as { payload: { summary: string } }
  expect(opened).toMatchObject({ routing_key: 'routing-key', event_action: 'trigger', dedup_key: 'weir target openai' })
  expect(opened.payload.summary.length).toBeLessThanOrEqual(1024)
  expect(templates.pagerduty({ ...notice, state: 'ok' }, AT)).toMatchObject({
    event_action: 'resolve',
    dedup_key: 'weir target openai',
  })
})
