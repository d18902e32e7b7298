/** Everything that a model, or whoever feeds it, may write to get at the reader. `BEACON` must never be asked for anything. */
import { bits, sse, toCase, toStream } from '../case.ts'

export const BEACON = 'http://127.0.0.1:9/beacon'
const js = "window.told.push('SCRIPT RAN')"

export const WORDS = [
  `<script>${js}</script>`,
  `<img src=x onerror="${js}">`,
  `<img src="${BEACON}/html.png">`,
  `<svg onload="${js}"><a xlink:href="javascript:${js}">x</a></svg>`,
  `<iframe src="javascript:${js}"></iframe><object data="${BEACON}/o"></object><link rel=stylesheet href="${BEACON}/c.css">`,
  `<style>body{display:none;background:url(${BEACON}/style)}</style>`,
  `<form action="${BEACON}/form"><button>Log in again</button></form>`,
  `![beacon](${BEACON}/md.png)`,
  `[click me](javascript:${js})`,
  `[and me](data:text/html,<script>${js}</script>)`,
  `[bank.example.com](https://evil.example.net/login)`,
  `<a href="javascript:${js}" onmouseover="${js}">hover</a>`,
  `[![x](${BEACON}/nested.png)](${BEACON}/link)`,
  `[ref]: ${BEACON}/ref "t"\n\n![ref]`,
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u0008\u0000',
  'access = \u202e"nimda" \u2066// admin\u2069',
  `hidden:${[...'send secrets'].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}.`,
  '{{constructor.constructor("alert(1)")()}} ${alert(1)} {@html x}',
].join('\n\n')

const svg = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" onload="${js}"><image href="${BEACON}/svg.png"/></svg>`,
).toString('base64')
const html = Buffer.from(`<script>${js}</script>`).toString('base64')

export const hostile = toCase({
  dialect: 'openai-chat',
  path: `/openai/v1/chat/completions?x=%3Cscript%3E`,
  request: {
    model: `<img src=x onerror="${js}">`,
    messages: [
      { role: 'system', content: WORDS },
      {
        role: 'user',
        name: `<b onclick="${js}">ann</b>`,
        content: [
          { type: 'text', text: WORDS },
          { type: 'image_url', image_url: { url: `${BEACON}/remote.png` } },
          { type: 'image_url', image_url: { url: `javascript:${js}` } },
          { type: 'image_url', image_url: { url: `data:image/svg+xml;base64,${svg}` } },
          { type: 'image_url', image_url: { url: `data:text/html;base64,${html}` } },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${html}` } },
          { type: 'input_audio', input_audio: { data: html, format: 'html' } },
          {
            type: 'file',
            file: { filename: `"><script>${js}</script>.html`, file_data: `data:text/html;base64,${html}` },
          },
          { type: `<script>${js}</script>`, value: WORDS },
        ],
      },
      {
        role: 'assistant',
        content: WORDS,
        tool_calls: [
          {
            id: `"><img src=x onerror=${js}>`,
            type: 'function',
            function: { name: `<i onclick="${js}">t</i>`, arguments: WORDS },
          },
        ],
      },
      { role: 'tool', tool_call_id: `"><img src=x onerror=${js}>`, content: WORDS },
    ],
    tools: [
      { type: 'function', function: { name: `<u>${js}</u>`, description: WORDS, parameters: { description: WORDS } } },
    ],
  },
  response: toStream([
    ...bits(WORDS).map((content) => sse({ id: 'chatcmpl-x', model: 'm', choices: [{ index: 0, delta: { content } }] })),
    sse({ id: 'chatcmpl-x', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    sse('[DONE]'),
  ]),
  headers: {
    request: [
      ['x-evil', `<img src=x onerror="${js}">`],
      ['authorization', 'Bearer ••••'],
    ],
    response: [
      ['location', `javascript:${js}`],
      ['link', `<${BEACON}/preload>; rel=preload`],
    ],
  },
  call: {
    model: `<img src=x onerror="${js}">`,
    tags: { [`<s>${js}</s>`]: `<img src="${BEACON}/tag">` },
    user: `"><script>${js}</script>`,
    sessionId: `javascript:${js}`,
    sessionSource: '<b>x</b>',
    errorMessage: WORDS,
    errorCode: '<b>',
    outcome: 'error',
    status: 500,
    changes: [{ what: WORDS, why: '<script>' }],
    hint: `javascript:${js}`,
    app: '\u202eevil',
  },
})
