/** Many slow streams at once through a Weir of its own process, for as long as is wished, while its memory and descriptors are watched. */
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { chatStream } from '../support/provider.ts'
import { descriptors, residentBytes, startProcess } from '../support/process.ts'

export interface Soaked {
  /** Streams that reached their end, each as its provider sent it. */
  whole: number
  broken: number
  /** Resident bytes before the load; the highest of its first half and of all of it (after warm-up), the lowest of its second half. */
  rss: { idle: number; earlyHigh: number; high: number; lateLow: number }
  descriptors: { before: number; open: number; after: number }
  rows: { ok: number; all: number; callsLost: number }
}

export interface SoakOptions {
  streams: number
  /** How long new streams are begun for those that ended. */
  forMs: number
  /** Milliseconds between two pieces of a stream. */
  everyMs: number
}

export async function soak({ streams, forMs, everyMs }: SoakOptions): Promise<Soaked> {
  const pieces = chatStream(
    Array.from({ length: 20 }, (_, i) => ` word${i}`),
    { usage: true },
  )
  const expected = pieces.join('')
  const upstream = createServer((incoming, response) => {
    incoming.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let at = 0
    const drip = setInterval(() => {
      if (response.destroyed) return clearInterval(drip)
      response.write(pieces[at++])
      if (at < pieces.length) return
      clearInterval(drip)
      response.end()
    }, everyMs)
  })
  upstream.listen(0, '127.0.0.1', 4096)
  await once(upstream, 'listening')
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-soak-'))
  const weir = await startProcess({
    dataDir,
    providers: { openai: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` },
  })
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  onTestFinished(async () => {
    agent.destroy()
    await weir.kill()
    upstream.closeAllConnections()
    upstream.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  const body = '{"model":"gpt-5-mini","stream":true,"messages":[{"role":"user","content":"drip"}]}'
  const streamOnce = (opened: () => void): Promise<boolean> =>
    new Promise((resolve) => {
      const asked = request(
        {
          port: weir.port,
          host: '127.0.0.1',
          agent,
          method: 'POST',
          path: '/openai/v1/chat/completions',
          headers: { 'content-type': 'application/json', 'content-length': body.length },
        },
        (answer) => {
          opened()
          let text = ''
          answer.on('data', (bytes) => (text += bytes)).on('error', () => {})
          answer.on('close', () => resolve(answer.complete && text === expected))
        },
      )
      asked.on('error', () => resolve(false))
      asked.end(body)
    })

  await weir.api('/status')
  const before = descriptors(weir.pid)
  const rss = { idle: residentBytes(weir.pid), earlyHigh: 0, high: 0, lateLow: Number.POSITIVE_INFINITY }
  let whole = 0
  let broken = 0
  let going = true
  let open = 0
  const allOpen = Promise.withResolvers<void>()
  const clients = Array.from({ length: streams }, async (_, i) => {
    // Not all in one tick: a burst of connections is another test.
    await wait((i * 2000) / streams)
    let first = true
    do {
      const isWhole = await streamOnce(() => {
        if (first && ++open === streams) allOpen.resolve()
        first = false
      })
      if (isWhole) whole++
      else broken++
    } while (going)
  })
  await allOpen.promise
  // Warm-up: each stream once from begin to end, so that pools and caches have their size.
  await wait(everyMs * (pieces.length + 2))
  const openDescriptors = descriptors(weir.pid)
  for (const from = Date.now(); Date.now() < from + forMs; await wait(1000)) {
    const now = residentBytes(weir.pid)
    rss.high = Math.max(rss.high, now)
    if (Date.now() < from + forMs / 2) rss.earlyHigh = rss.high
    else rss.lateLow = Math.min(rss.lateLow, now)
  }
  going = false
  await Promise.all(clients)
  agent.destroy()

  for (const end = Date.now() + 120_000; Date.now() < end; await wait(500)) {
    const status = await weir.api('/status')
    if (status.running === 0 && status.callsRecorded >= whole + broken && descriptors(weir.pid) <= before + 16) break
  }
  const now = Date.now()
  const { callsLost } = await weir.api('/status')
  const count = async (q: string) =>
    (await weir.api(`/calls/count?from=0&to=${now + 1}&q=${encodeURIComponent(q)}`)).count as number
  return {
    whole,
    broken,
    rss,
    descriptors: { before, open: openDescriptors, after: descriptors(weir.pid) },
    rows: { ok: await count('outcome:ok'), all: await count(''), callsLost },
  }
}
