/**
 * The load, in processes of its own: wrk for throughput (a C program, so that it costs its core little), `fixed-rate.ts`
 * for latency, and a probe for the first byte of a stream.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'

export interface Body {
  /** Last segment of the path: small, large, sse, drip. */
  name: string
  bytes: number
}

export const chatBody = (bytes: number, stream: boolean): string => {
  const shell = JSON.stringify({
    model: 'gpt-5-mini',
    stream,
    messages: [
      { role: 'system', content: 'You are terse.' },
      { role: 'user', content: '' },
    ],
  })
  return shell.replace(
    '"content":""',
    `"content":"${'What is the capital of France? '.repeat(Math.ceil(bytes / 31)).slice(0, Math.max(30, bytes - shell.length))}"`,
  )
}

export interface Throughput {
  perSecond: number
  requests: number
  errors: number
}

/** wrk for `seconds` over `connections`; the body is posted to `url`. */
export async function throughput(
  url: string,
  body: string,
  connections: number,
  seconds: number,
  core: string,
  folder: string,
  headers: Record<string, string> = {},
  { unique = false } = {},
): Promise<Throughput> {
  const script = join(folder, 'post.lua')
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.headers["authorization"] = "Bearer sk-bench-0123456789abcdef"\nwrk.body = ${luaString(body)}\n` +
      Object.entries(headers)
        .map(([name, value]) => `wrk.headers["${name}"] = ${luaString(value)}\n`)
        .join('') +
      (unique ? UNIQUE : '') +
      'done = function(s) io.write(string.format("RESULT %d %d %d %f\\n", s.requests, s.errors.status, s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout, s.duration / 1e6)) end\n',
  )
  const out = await run('taskset', [
    '-c',
    core,
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '20s',
    '-s',
    script,
    url,
  ])
  const [, requests, status, socket, duration] = /RESULT (\d+) (\d+) (\d+) ([\d.]+)/.exec(out) ?? []
  if (!requests) throw new Error(`wrk said: ${out}`)
  return {
    requests: Number(requests),
    perSecond: Number(requests) / Number(duration),
    errors: Number(status) + Number(socket),
  }
}

export interface Latency {
  p50: number
  p99: number
  perSecond: number
  errors: number
}

/**
 * Milliseconds at a fixed rate, each counted from when it was due (so that a stall is not omitted). In a process of its own, because
 * ready-made generators count in whole milliseconds, and what is to be seen here is tenths.
 */
export async function latency(
  url: string,
  body: string,
  rate: number,
  connections: number,
  seconds: number,
  core: string,
  headers: Record<string, string> = {},
): Promise<Latency> {
  const plan = JSON.stringify({ url, body, rate, connections, seconds, headers: { ...JSON_HEADERS, ...headers } })
  return JSON.parse(await run('taskset', ['-c', core, process.execPath, here('fixed-rate.ts'), plan])) as Latency
}

const here = (path: string) => new URL(path, import.meta.url).pathname
export const JSON_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer sk-bench-0123456789abcdef' }

/** Milliseconds to the first body byte, call after call on one connection. */
export async function firstByte(
  url: string,
  body: string,
  calls: number,
  headers: Record<string, string> = {},
): Promise<{ p50: number; p99: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  for (let i = 0; i < calls; i++) times.push(await oneFirstByte(url, body, agent, headers))
  agent.destroy()
  times.sort((a, b) => a - b)
  return { p50: times[Math.floor(calls / 2)]!, p99: times[Math.floor(calls * 0.99)]! }
}

function oneFirstByte(url: string, body: string, agent: Agent, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = performance.now()
    let first = 0
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          authorization: 'Bearer sk-bench-0123456789abcdef',
          ...headers,
        },
      },
      (answer) => {
        answer.on('data', () => (first ||= performance.now() - from))
        answer.on('end', () => resolve(first))
        answer.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Another body with each call, so that no cache knows it: a number in place of the user's first word. */
const UNIQUE = `local n = 0
local run = tostring(os.time()) .. tostring({}):sub(8)
local before, after = wrk.body:match('^(.*"user","content":")(.*)$')
request = function() n = n + 1; return wrk.format(nil, nil, nil, before .. run .. n .. " " .. after) end
`

const luaString = (text: string) => `[==[${text}]==]`

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let complaint = ''
    child.stdout.on('data', (text) => (out += String(text)))
    child.stderr.on('data', (text) => (complaint += String(text)))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`${command} ${args.slice(0, 4).join(' ')} … ended with ${code}: ${complaint.slice(-1000)}`)),
    )
  })
}
