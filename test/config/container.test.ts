// In a container localhost is the container: a local model's usual address leads nowhere, and both start and the 502 say so.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addressOfHost, containerWarnings, inContainer } from '../../server/config/container.ts'
import { startWeir } from '../support/weir.ts'

test('a container is known by its marks', () => {
  const root = mkdtempSync(join(tmpdir(), 'weir-root-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  expect(inContainer(root)).toBe(false)
  mkdirSync(join(root, 'proc/self'), { recursive: true })
  writeFileSync(join(root, 'proc/self/cgroup'), '0::/user.slice/session-1.scope\n')
  expect(inContainer(root)).toBe(false)
  writeFileSync(join(root, 'proc/self/cgroup'), '0::/kubepods/burstable/pod1\n')
  expect(inContainer(root)).toBe(true)
  writeFileSync(join(root, 'proc/self/cgroup'), '0::/\n')
  writeFileSync(join(root, '.dockerenv'), '')
  expect(inContainer(root)).toBe(true)
})

test.each([
  ['http://localhost:11434', 'http://host.docker.internal:11434'],
  ['http://127.0.0.1:8000/v1', 'http://host.docker.internal:8000/v1'],
  ['http://[::1]:1', 'http://host.docker.internal:1'],
  ['https://api.openai.com', null],
  ['http://10.0.0.7:11434', null],
])('%s: %s', (baseUrl, instead) => expect(addressOfHost(baseUrl)).toBe(instead))

test('each configured loopback address is one warning', () => {
  const warnings = containerWarnings({
    ollama: { baseUrl: 'http://localhost:11434' },
    openai: {},
    groq: { baseUrl: 'https://api.groq.com' },
  })
  expect(warnings).toEqual([
    expect.stringMatching(/providers\.ollama\.baseUrl .*use http:\/\/host\.docker\.internal:11434/),
  ])
})

test.each([true, false])('a local model that cannot be reached; in a container: %s', async (contained) => {
  const weir = await startWeir({
    config: { providers: { ollama: { baseUrl: 'http://127.0.0.1:9' } } },
    inContainer: contained,
  })
  onTestFinished(() => weir.close())
  const answer = await fetch(`${weir.url}/ollama/v1/chat/completions`, {
    method: 'POST',
    body: '{"model":"m","messages":[]}',
  })
  expect([answer.status, (await answer.text()).includes('http://host.docker.internal:9')]).toEqual([502, contained])
})
