/**
 * Recorded traffic with real providers, for tests: data only, outside the project (`../shared/corpus`). Where it is not there, a
 * test that needs it says so and skips; with WEIR_TEST_ALL=1 it fails instead.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

export interface Recording {
  id: string
  provider: string
  host: string
  method: string
  path: string
  requestHeaders: Record<string, string | string[]>
  requestBody: Buffer
  status: number
  contentType: string
  responseBody: Buffer
}

const FOLDER = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url))

/** Null when the corpus is absent, after saying so. */
export function loadRecordings(): Recording[] | null {
  const lines = readLines('recordings.jsonl.gz')
  return lines && lines.map((line) => toRecording(JSON.parse(line) as Record<string, string | number | null>))
}

export interface AgentSession {
  id: string
  reward: number
  messages: Record<string, unknown>[]
}

/** 200 agent runs in OpenAI chat form. Null when the corpus is absent, after saying so. */
export function loadAgentSessions(): AgentSession[] | null {
  const lines = readLines('agent-sessions.jsonl.gz')
  return lines && lines.map((line) => JSON.parse(line) as AgentSession)
}

function readLines(name: string): string[] | null {
  const path = `${FOLDER}${name}`
  if (existsSync(path)) return gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')
  if (process.env.WEIR_TEST_ALL === '1')
    throw new Error(`${name} is not in ../shared/corpus, and WEIR_TEST_ALL=1 asks for it`)
  console.warn(`skipped: ../shared/corpus/${name} is not there`)
  return null
}

const toRecording = (raw: Record<string, string | number | null>): Recording => ({
  id: String(raw.id),
  provider: String(raw.provider),
  host: String(raw.host),
  method: String(raw.method).toUpperCase(),
  path: String(raw.path),
  requestHeaders: (raw.request_headers ?? {}) as unknown as Record<string, string | string[]>,
  requestBody: toBytes(raw.request_body, raw.request_encoding),
  status: Number(raw.status),
  contentType: String(raw.content_type ?? ''),
  responseBody: toBytes(raw.response_body, raw.response_encoding),
})

const toBytes = (body: unknown, encoding: unknown): Buffer =>
  typeof body === 'string' ? Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8') : Buffer.alloc(0)
