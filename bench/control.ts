/**
 * What control costs: a key, its limits, a budget and a cache that is looked into and filled, against Weir without any of them; how
 * long a hit takes; and the outage drill, a route whose first target is down while 200 calls a second go on.
 */
import { request } from 'node:http'
import { chatBody, JSON_HEADERS, latency, throughput } from './load.ts'
import { type Running, sentPort, startPinned } from './processes.ts'
import type { Control } from './report.ts'
import { type Subject, weir } from './subjects.ts'

export interface ControlPlan {
  upstream: Running
  seconds: number
  rounds: number
  loadCore: string
  folder: string
  /** Settles when the subject has stored what it had to. */
  settled(subject: Subject, wanted: number): Promise<number>
}

const SECRET = 'wk_bench-0123456789-0123456789-0123456789'
const CONNECTIONS = 16
const RATE = 200

/** So large that nothing is ever refused: what counts is the work of asking. */
const MUCH = 1e12

export async function measureControl(plan: ControlPlan): Promise<Control> {
  const rates = await rateOfBoth(plan)
  return { ...rates, drill: await drill(plan) }
}

const withKey = { 'x-weir-key': SECRET }

function settings({ port }: Running): object {
  const openai = { baseUrl: `http://127.0.0.1:${port}`, apiKey: 'sk-bench-0123456789' }
  const own = [
    { per: 'minute', requests: MUCH },
    { per: 'month', cost: 1e6 },
  ]
  return {
    providers: { openai },
    keys: { list: [{ name: 'bench', secret: SECRET, limits: own }] },
    limits: [
      { on: 'global', per: 'minute', tokens: MUCH },
      { on: 'global', per: 'month', cost: 1e6 },
    ],
    cache: { mode: 'on' },
  }
}

async function rateOfBoth(plan: ControlPlan): Promise<Pick<Control, 'bare' | 'control' | 'hit'>> {
  const { upstream, rounds, seconds, loadCore, folder, settled } = plan
  // The true path: what Weir does not know as a generation it does not cache. The upstream answers it with `small`.
  const path = () => '/openai/v1/chat/completions'
  const cores = { cores: '0', recorderCore: '1', path }
  const bare = await weir(upstream, { ...cores, name: 'Weir, bare path' })
  const control = await weir(upstream, {
    ...cores,
    name: 'Weir, control',
    settings: settings(upstream),
    headers: withKey,
  })
  const body = chatBody(200, false)
  const best = new Map<Subject, number>()
  try {
    for (let round = 0; round < rounds; round++) {
      for (const subject of [bare, control]) {
        const from = await settled(subject, 0)
        const { url, headers } = subject
        const how = { unique: true }
        const load = await throughput(url('small'), body, CONNECTIONS, seconds, loadCore, folder, headers, how)
        if (load.errors > 0) throw new Error(`${subject.name}: ${load.errors} of ${load.requests} calls failed`)
        best.set(subject, Math.max(best.get(subject) ?? 0, load.perSecond))
        // The recorder's rest must not run beside the next subject.
        await settled(subject, from + load.requests)
      }
    }
    const rate = best.get(control)! / 3
    await untilHit(control.url('small'), body)
    const hit = await latency(control.url('small'), body, rate, CONNECTIONS, seconds, loadCore, withKey)
    return { bare: best.get(bare)!, control: best.get(control)!, hit: { ...hit, rate } }
  } finally {
    await bare.stop()
    await control.stop()
  }
}

/** Until the cache has it: an answer is kept once the recorder has read it, and the recorder may be behind. */
async function untilHit(url: string, body: string): Promise<void> {
  const until = Date.now() + 120_000
  while (Date.now() < until) {
    if ((await cacheState(url, body)) === 'hit') return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('The cache gave no answer within two minutes: there are no hits to measure.')
}

/** Asked just as fixed-rate.ts does: other headers would be another question. */
const cacheState = (url: string, body: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const headers = { ...JSON_HEADERS, ...withKey, 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { method: 'POST', headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.headers['x-weir-cache']))
    })
    sent.on('error', reject)
    sent.end(body)
  })

async function drill({ upstream, seconds, loadCore }: ControlPlan): Promise<Control['drill']> {
  const node = [process.execPath, new URL('upstream.ts', import.meta.url).pathname]
  const primary = await startPinned(loadCore, node, sentPort)
  const served = async (): Promise<number> =>
    Number(await (await fetch(`http://127.0.0.1:${primary.port}/count`)).text())
  const at = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}`, dialect: 'openai' })
  const subject = await weir(upstream, {
    cores: '0',
    recorderCore: '1',
    name: 'Weir, route',
    settings: {
      providers: { primary: at(primary.port), second: at(upstream.port) },
      routes: { drill: { targets: ['primary/gpt-5-mini', 'second/gpt-5-mini'] } },
    },
    path: () => '/v1/chat/completions',
  })
  const body = JSON.stringify({ ...(JSON.parse(chatBody(200, false)) as object), model: 'drill' })
  const run = async (what: string, primaryCalls: (() => Promise<number>) | null) => {
    const before = primaryCalls ? await primaryCalls() : 0
    const { p50, p99, errors } = await latency(subject.url('small'), body, RATE, CONNECTIONS, seconds, loadCore)
    const asked = primaryCalls ? (await primaryCalls()) - before : null
    return { what, calls: RATE * (seconds + 1), errors, p50, p99, primary: asked }
  }
  try {
    const well = await run('both well', served)
    await primary.stop()
    return [well, await run('the first down', null)]
  } finally {
    await primary.stop()
    await subject.stop()
  }
}
