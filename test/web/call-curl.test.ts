// A copied curl command sends what the client sent: proved by a real shell that parses it and a stand-in for curl that prints its arguments.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { toCurl } from '../../web/parts/call/raw/curl.ts'

const run = (command: string): string[] =>
  execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], {
    env: { API_KEY: 'sk-real', WEIR_KEY: 'wk_real', HOME: '/bad' },
  })
    .toString()
    .split('\0')
    .slice(0, -1)

const odd = `it's "$HOME" \`id\` \\ !`
const call = {
  origin: 'http://127.0.0.1:9347',
  method: 'POST',
  path: '/gemini/v1beta/models/x:generateContent?alt=sse&key=••••a2e1&q=$HOME',
}

test('quotes, dollars and backticks arrive as they were; only the place of a secret is filled', () => {
  const args = run(
    toCurl({
      ...call,
      headers: [
        ['Host', 'x'],
        ['Authorization', 'Bearer ••••a2e1'],
        ['x-weir-key', '••••'],
        ['X-Odd', odd],
        ['Content-Length', '3'],
      ],
      body: `{"a":"${odd}"}\n`,
    }),
  )
  expect(args).toEqual([
    'http://127.0.0.1:9347/gemini/v1beta/models/x:generateContent?alt=sse&key=sk-real&q=$HOME',
    '-H',
    'Authorization: Bearer sk-real',
    '-H',
    'x-weir-key: wk_real',
    '-H',
    `X-Odd: ${odd}`,
    '--data-raw',
    `{"a":"${odd}"}\n`,
  ])
})

test('other methods are named, large bodies come from a file', () => {
  expect(run(toCurl({ ...call, path: '/x', method: 'DELETE', headers: [], body: null }))).toEqual([
    'http://127.0.0.1:9347/x',
    '-X',
    'DELETE',
  ])
  expect(run(toCurl({ ...call, path: '/x', headers: [], body: 'x'.repeat(200_000) })).slice(1)).toEqual([
    '--data-binary',
    '@request.json',
  ])
})
