/** Calls at a fixed rate for some seconds; prints p50 and p99 in milliseconds, from when each was due until its last byte. */
import { Agent, request } from 'node:http'

interface Plan {
  url: string
  body: string
  rate: number
  connections: number
  seconds: number
  headers: Record<string, string>
}

const plan = JSON.parse(process.argv[2]!) as Plan
const agent = new Agent({ keepAlive: true, maxSockets: plan.connections })
const times: number[] = []
let errors = 0
let underWay = 0

function call(due: number): void {
  underWay++
  const over = (failed: boolean) => {
    underWay--
    if (failed) errors++
    else times.push(performance.now() - due)
  }
  const sent = request(
    plan.url,
    { method: 'POST', agent, headers: { ...plan.headers, 'content-length': Buffer.byteLength(plan.body) } },
    (answer) => {
      answer.resume()
      answer.on('end', () => over(answer.statusCode !== 200))
    },
  )
  sent.on('error', () => over(true))
  sent.end(plan.body)
}

/** The first second warms both ends up and is not counted. */
const from = performance.now()
let sentSoFar = 0
const total = Math.round(plan.rate * (plan.seconds + 1))
const warm = Math.round(plan.rate)
const timer = setInterval(() => {
  const wanted = Math.min(total, Math.floor(((performance.now() - from) / 1000) * plan.rate))
  while (sentSoFar < wanted) {
    if (sentSoFar === warm) times.length = 0
    call(from + (sentSoFar++ / plan.rate) * 1000)
  }
  if (sentSoFar < total || underWay > 0) return
  clearInterval(timer)
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => Number(times[Math.floor(times.length * share)]!.toFixed(3))
  console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99), perSecond: times.length / plan.seconds, errors }))
}, 1)
