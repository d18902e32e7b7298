/** One call in each of the other dialects. */
import { bits, sse, toCase, toStream } from '../case.ts'
import { PICTURE } from './picture.ts'

const MARKDOWN = [
  '## Three ways to sort\n\nFor **small** lists `sorted()` is enough; see [the docs](https://docs.python.org/3/howto/sorting.html).\n\n',
  '```python\n# stable, and O(n log n)\ndef by_age(people: list[dict]) -> list[dict]:\n    return sorted(people, key=lambda p: p["age"], reverse=False)\n```\n\n',
  '| method | time | stable |\n|:--|--:|:-:|\n| `sorted` | 1.2 ms | yes |\n| `heapq` | 0.9 ms | no |\n\n',
  '- [x] read the list\n- [ ] measure\n  1. first with 10 k rows\n  2. then with 1 M\n\n> A list that is nearly sorted costs next to nothing.\n\nEnergy: 5 &lt; 6 &amp; x<sub>2</sub> · ~~slow~~ *fast*',
].join('')

const chunk = (delta: object, finish: string | null = null) =>
  sse({
    id: 'chatcmpl-BxQ7',
    object: 'chat.completion.chunk',
    model: 'gpt-5.1-2026-10-01',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })

export const openaiChat = toCase({
  dialect: 'openai-chat',
  path: '/openai/v1/chat/completions',
  request: {
    model: 'gpt-5.1',
    stream: true,
    temperature: 0.7,
    max_completion_tokens: 2000,
    response_format: { type: 'text' },
    messages: [
      { role: 'system', content: 'You are a terse Python tutor.' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'How do I sort this by age?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } },
          { type: 'image_url', image_url: { url: 'https://pics.example.com/people.png' } },
        ],
      },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'run_python',
          description: 'Runs a snippet',
          parameters: { type: 'object', properties: { code: { type: 'string' } } },
        },
      },
    ],
  },
  response: toStream([
    chunk({ role: 'assistant', content: '' }),
    ...bits(MARKDOWN).map((content) => chunk({ content })),
    chunk({}, 'stop'),
    sse({
      id: 'chatcmpl-BxQ7',
      choices: [],
      usage: {
        prompt_tokens: 320,
        completion_tokens: 214,
        prompt_tokens_details: { cached_tokens: 128 },
        completion_tokens_details: { reasoning_tokens: 64 },
      },
    }),
    sse('[DONE]'),
  ]),
  call: {
    durationMs: 4180,
    tags: { feature: 'tutor' },
    costNano: 2_396_000,
    listNano: 2_396_000,
    pricedAs: 'openai/gpt-5.1',
    costParts: [
      { bucket: 'input', quantity: 192, unitNano: 1250, costNano: 240_000 },
      { bucket: 'cacheRead', quantity: 128, unitNano: 125, costNano: 16_000 },
      { bucket: 'output', quantity: 150, unitNano: 10_000, costNano: 1_500_000 },
      { bucket: 'reasoning', quantity: 64, unitNano: 10_000, costNano: 640_000 },
    ],
  },
})

/** Two rounds of tools in one request, and a cut answer. */
export const openaiTools = toCase({
  dialect: 'openai-chat',
  path: '/openai/v1/chat/completions',
  request: {
    model: 'gpt-5.1',
    messages: [
      { role: 'user', content: 'Weather in Rome and Oslo?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_rome', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          {
            id: 'call_oslo',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Oslo","units":12345678901234567890}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_rome', content: '{"c":21}' },
      { role: 'tool', tool_call_id: 'call_oslo', content: 'snow ❄' },
    ],
    tools: [{ type: 'function', function: { name: 'weather', parameters: {} } }],
  },
  response: JSON.stringify({
    id: 'chatcmpl-2',
    model: 'gpt-5.1',
    choices: [
      {
        index: 0,
        finish_reason: 'length',
        message: {
          role: 'assistant',
          content: 'Rome has 21 °C, and in Oslo',
          refusal: null,
          annotations: [
            {
              type: 'url_citation',
              url_citation: { url: 'https://yr.no/oslo', title: 'Oslo, today', start_index: 0, end_index: 4 },
            },
          ],
        },
      },
    ],
    usage: { prompt_tokens: 90, completion_tokens: 12 },
  }),
})

const responsesEvent = (data: { type: string; [name: string]: unknown }) => sse(data, data.type)
const output = [
  {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'The user wants the newest figure, so search first.' }],
    encrypted_content: 'gAAAA',
  },
  {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'rainfall Lisbon 2026' },
  },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [
      {
        type: 'output_text',
        text: 'Lisbon had 612 mm of rain.',
        annotations: [{ type: 'url_citation', url: 'https://ipma.pt/rain', title: 'IPMA climate bulletin' }],
      },
    ],
  },
  {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'call_9',
    name: 'plot',
    arguments: '{"series":[612,540,701],"unit":"mm"}',
    status: 'completed',
  },
]
export const responses = toCase({
  dialect: 'openai-responses',
  operation: 'responses',
  path: '/openai/v1/responses',
  request: {
    model: 'gpt-5.1',
    stream: true,
    instructions: 'Be exact. Cite sources.',
    reasoning: { effort: 'high', summary: 'auto' },
    previous_response_id: 'resp_0',
    tools: [{ type: 'web_search' }, { type: 'function', name: 'plot', parameters: { type: 'object' } }],
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'How much did it rain in Lisbon? Plot it.' },
          { type: 'input_file', filename: 'years.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjQK' },
        ],
      },
    ],
  },
  response: toStream(
    [
      responsesEvent({
        type: 'response.created',
        response: { id: 'resp_abc', model: 'gpt-5.1', status: 'in_progress', output: [] },
      }),
      ...bits('Lisbon had 612 mm of rain.').map((delta) =>
        responsesEvent({
          type: 'response.output_text.delta',
          output_index: 2,
          content_index: 0,
          item_id: 'msg_1',
          delta,
        }),
      ),
      responsesEvent({
        type: 'response.completed',
        response: {
          id: 'resp_abc',
          model: 'gpt-5.1',
          status: 'completed',
          output,
          usage: {
            input_tokens: 812,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 260,
            output_tokens_details: { reasoning_tokens: 192 },
            total_tokens: 1072,
          },
        },
      }),
    ],
    900,
    90,
  ),
  call: { operation: 'responses', durationMs: 9200, firstTokenMs: 4100, usageSource: 'provider' },
  encoding: 'gzip',
})

export const gemini = toCase({
  dialect: 'gemini',
  operation: 'generate',
  path: '/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=••••a2e1',
  request: {
    systemInstruction: { parts: [{ text: 'Du bist höflich.' }] },
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'Wie ist der Kurs?' },
          { inlineData: { mimeType: 'audio/wav', data: 'UklGRiQAAABXQVZFZm10IA==' } },
        ],
      },
      { role: 'model', parts: [{ functionCall: { name: 'kurs', args: { paar: 'EUR/USD' } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'kurs', response: { wert: 1.09 } } }] },
    ],
    tools: [{ functionDeclarations: [{ name: 'kurs', description: 'Wechselkurs' }] }],
    generationConfig: { temperature: 1, maxOutputTokens: 500 },
  },
  response: toStream([
    sse({
      candidates: [{ content: { role: 'model', parts: [{ text: 'Nur umrechnen, nicht raten.', thought: true }] } }],
      modelVersion: 'gemini-2.5-pro',
      responseId: 'g1',
    }),
    ...bits('Ein Euro kostet heute **1,09 Dollar**.').map((text) =>
      sse({
        candidates: [{ content: { role: 'model', parts: [{ text }] } }],
        modelVersion: 'gemini-2.5-pro',
        responseId: 'g1',
      }),
    ),
    sse({
      candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 140, candidatesTokenCount: 18, thoughtsTokenCount: 22, totalTokenCount: 180 },
      modelVersion: 'gemini-2.5-pro',
      responseId: 'g1',
    }),
  ]),
  call: { provider: 'gemini', model: 'gemini-2.5-pro', target: 'gemini', durationMs: 2100 },
})

export const embeddings = toCase({
  dialect: 'openai-embeddings',
  operation: 'embeddings',
  path: '/openai/v1/embeddings',
  request: { model: 'text-embedding-3-small', input: ['one text', 'another text'] },
  response: JSON.stringify({
    object: 'list',
    model: 'text-embedding-3-small',
    data: [{ object: 'embedding', index: 0, embedding: [0.01, -0.02] }],
    usage: { prompt_tokens: 4, total_tokens: 4 },
  }),
  call: { operation: 'embeddings', model: 'text-embedding-3-small', durationMs: 210 },
})
