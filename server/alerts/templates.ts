/** A notice in the form that each receiver understands. The chat services show title and text; nobody gets content unasked. */
import type { AlertConfig } from '../config/alerts.ts'
import type { Notice } from './notice.ts'

type Template = (notice: Notice, about: { at: number; secret: string | undefined }) => unknown

const COLOURS = { info: 0x2e7d32, warning: 0xed6c02, critical: 0xc62828 } as const

const factLines = ({ facts }: Notice): string[] => Object.entries(facts).map(([name, value]) => `${name}: ${value}`)
/** Slack's mark-up: https://docs.slack.dev/messaging/formatting-message-text */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`)

export const templates: Record<AlertConfig['template'], Template> = {
  generic: ({ topic, key, state, severity, title, text, facts, content }, { at }) => ({
    source: 'weir',
    version: 1,
    at: new Date(at).toISOString(),
    topic,
    key,
    state,
    severity,
    title,
    text,
    facts,
    ...(content === null ? {} : { content }),
  }),
  slack: (notice) => ({
    text: slackText(`${notice.title}\n${notice.text}`),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(notice.title, 150) } },
      { type: 'section', text: { type: 'mrkdwn', text: slackText(cut(withContent(notice), 2900)) } },
      ...(factLines(notice).length === 0
        ? []
        : [
            {
              type: 'context',
              elements: [{ type: 'mrkdwn', text: slackText(cut(factLines(notice).join(' · '), 2900)) }],
            },
          ]),
    ],
  }),
  discord: (notice, { at }) => ({
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: cut(notice.title, 250),
        description: cut(withContent(notice), 4000),
        color: COLOURS[notice.severity],
        timestamp: new Date(at).toISOString(),
        fields: Object.entries(notice.facts)
          .slice(0, 25)
          .map(([name, value]) => ({ name, value: cut(String(value), 1000), inline: true })),
      },
    ],
  }),
  /** A workflow's webhook: https://learn.microsoft.com/power-automate/teams/create-flows-from-webhook-in-teams */
  teams: (notice) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', size: 'Medium', weight: 'Bolder', wrap: true, text: notice.title },
            { type: 'TextBlock', wrap: true, text: withContent(notice) },
            {
              type: 'FactSet',
              facts: Object.entries(notice.facts).map(([title, value]) => ({ title, value: String(value) })),
            },
          ],
        },
      },
    ],
  }),
  /** Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview */
  pagerduty: (notice, { at, secret }) => ({
    routing_key: secret,
    event_action: notice.state === 'ok' ? 'resolve' : 'trigger',
    dedup_key: cut(`weir ${notice.key}`, 255),
    payload: {
      summary: cut(`${notice.title}: ${notice.text}`, 1024),
      source: 'weir',
      severity: notice.severity,
      timestamp: new Date(at).toISOString(),
      class: notice.topic,
      custom_details: { ...notice.facts, ...(notice.content === null ? {} : { content: notice.content }) },
    },
  }),
}

const withContent = ({ text, content }: Notice): string => (content === null ? text : `${text}\n${content}`)
