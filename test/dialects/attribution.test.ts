// Whose call it is, from what clients of a dozen tools and five other gateways send.
import { describe, expect, test } from 'vitest'
import { attributeCall, attributeHeaders } from '../../server/dialects/attribution.ts'
import { dialectByName } from '../../server/dialects/registry.ts'

const call = (requestHeaders: string[], body: unknown = null, dialect = 'openai-chat') =>
  attributeCall({
    requestHeaders,
    responseHeaders: ['X-Request-Id', 'req_7'],
    request:
      body === null ? null : dialectByName(dialect).readRequest(body, { operation: 'chat', path: '/v1/messages' }),
    known: attributeHeaders(requestHeaders),
  })

describe('what a client says on purpose', () => {
  test.each([
    [
      ['X-Weir-Session', 's', 'x-weir-user', 'ann', 'X-Weir-Tag-Feature', 'search'],
      's',
      'header x-weir-session',
      'ann',
      { feature: 'search' },
    ],
    [
      ['Helicone-Session-Id', 's', 'Helicone-User-Id', 'ann', 'Helicone-Property-Feature', 'search'],
      's',
      'header helicone-session-id',
      'ann',
      { feature: 'search' },
    ],
    [['cf-aig-metadata', '{"feature":"search","n":7}'], null, null, null, { feature: 'search', n: '7' }],
    [
      ['x-portkey-trace-id', 's', 'x-portkey-metadata', '{"_user":"ann","feature":"search"}'],
      's',
      'header x-portkey-trace-id',
      'ann',
      { feature: 'search' },
    ],
    [
      ['x-bf-session-id', 's', 'x-bf-dim-feature', 'search'],
      's',
      'header x-bf-session-id',
      null,
      { feature: 'search' },
    ],
    [
      ['x-litellm-session-id', 's', 'x-litellm-end-user-id', 'ann', 'x-litellm-tags', 'a, b'],
      's',
      'header x-litellm-session-id',
      'ann',
      { a: 'true', b: 'true' },
    ],
  ])('%j', (headers, id, source, user, tags) => {
    const said = attributeHeaders(headers as string[])
    expect(said.session).toEqual(id === null ? null : { id, source })
    expect(said.user).toBe(user)
    expect(said.tags).toEqual(tags)
  })

  test('tags in the base URL, which headers overrule', () => {
    const said = attributeHeaders(['x-weir-user', 'bob'], { user: 'ann', session: '42', team: 'search', feature: 'x' })
    expect(said).toMatchObject({
      user: 'bob',
      team: 'search',
      session: { id: '42', source: 'base URL' },
      tags: { feature: 'x' },
    })
  })

  test('names in UTF-8, too long values, and broken JSON', () => {
    const said = attributeHeaders([
      'x-weir-user',
      Buffer.from('Zoë').toString('latin1'),
      'x-weir-tag-a',
      'x'.repeat(1000),
      'cf-aig-metadata',
      '{"a',
    ])
    expect(said.user).toBe('Zoë')
    expect(said.tags.a).toHaveLength(256)
  })

  test('capture: the own header, or Helicone’s wish to omit', () => {
    expect(attributeHeaders(['x-weir-capture', 'off']).capture).toBe('off')
    expect(attributeHeaders(['Helicone-Omit-Response', 'true']).capture).toBe('metadata')
    expect(attributeHeaders(['x-weir-capture', 'everything']).capture).toBeNull()
  })
})

describe('what tools send of themselves', () => {
  test('Claude Code: session in header and body, agent as lane, app by its name', () => {
    const headers = [
      'User-Agent',
      'claude-cli/2.1.0 (external, cli)',
      'X-Claude-Code-Session-Id',
      's-1',
      'x-claude-code-agent-id',
      'explore',
      'x-app',
      'cli',
    ]
    expect(call(headers)).toMatchObject({
      session: { id: 's-1' },
      lane: 'explore',
      app: 'claude-code',
      requestId: 'req_7',
    })
    const body = { messages: [], metadata: { user_id: '{"device_id":"d","account_uuid":"","session_id":"s-2"}' } }
    expect(call(['user-agent', 'claude-cli/2.1.0'], body, 'anthropic-messages')).toMatchObject({
      session: { id: 's-2', source: 'metadata.user_id' },
      user: 'd',
    })
  })

  test('Codex: session and thread, from headers or turn metadata', () => {
    expect(call(['session-id', 's', 'thread-id', 't', 'originator', 'codex_exec'])).toMatchObject({
      session: { id: 's', source: 'header session-id' },
      lane: 't',
      app: 'codex',
    })
    expect(call(['x-codex-turn-metadata', '{"session_id":"s","thread_id":"s"}'])).toMatchObject({
      session: { id: 's' },
      lane: null,
    })
  })

  test.each([
    ['OpenAI/JS 7.57.0', 'openai-js'],
    ['AsyncOpenAI/Python 3.1.0', 'openai-python'],
    ['Anthropic/Python 1.2', 'anthropic-python'],
    ['ai-sdk/openai/4.0.1 runtime/node.js/24', 'ai-sdk'],
    ['opencode/1.18 (linux)', 'opencode'],
    ['curl/8.5.0', 'curl'],
    ['Mozilla/5.0 (X11)', 'browser'],
  ])('%s is %s', (agent, app) => expect(call(['user-agent', agent]).app).toBe(app))

  test('an application’s own title says more than its library', () => {
    expect(call(['user-agent', 'OpenAI/JS 7.57.0', 'X-Title', 'Acme Chat']).app).toBe('Acme Chat')
  })
})

describe('what the body says', () => {
  test('yields to headers, and gives tags', () => {
    const body = { user: 'body', messages: [], metadata: { feature: 'search', run: 'r' }, prompt_cache_key: 'k' }
    expect(call(['x-weir-user', 'ann', 'x-weir-tag-feature', 'chat'], body)).toMatchObject({
      user: 'ann',
      session: { id: 'k', source: 'prompt_cache_key' },
      tags: { feature: 'chat', run: 'r' },
    })
  })
})

test.each([
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', null, null],
  ['nonsense', null, null],
])('traceparent %s', (traceparent, traceId, spanId) => {
  expect(call(['traceparent', traceparent])).toMatchObject({ traceId, spanId })
})
