/**
 * /metrics in Prometheus' text format 0.0.4. A modest set, and honest: only what is counted, each label from a closed list, so that
 * no client can make series grow. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Outcome } from '../call.ts'
import type { AppDeps } from './deps.ts'

const OUTCOMES = [
  'ok',
  'error',
  'client_abort',
  'upstream_abort',
  'timeout',
  'refused',
  'interrupted',
  'cache_hit',
] as const satisfies Exclude<Outcome, 'running'>[]

type MetricDeps = Pick<
  AppDeps,
  'running' | 'recorded' | 'journal' | 'startedAt' | 'version' | 'parserRefused' | 'redis'
>

/** Counts what is recorded from now on; the answer is the page's text. */
export const createMetrics = (deps: MetricDeps): (() => string) => {
  const byOutcome = new Map<string, number>(OUTCOMES.map((outcome) => [outcome, 0]))
  deps.recorded.onStored((calls) => {
    for (const { outcome } of calls) byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1)
  })

  return () => {
    const journal = deps.journal.counters()
    const recorder = deps.recorded.status()
    return [
      metric('weir_info', 'gauge', 'Always 1; the version is the label.', [[{ version: deps.version }, 1]]),
      metric('weir_start_time_seconds', 'gauge', 'When this process started, Unix time.', deps.startedAt / 1000),
      metric(
        'weir_calls_total',
        'counter',
        'Calls recorded by this process.',
        [...byOutcome].map(([outcome, n]) => [{ outcome }, n]),
      ),
      metric('weir_calls_running', 'gauge', 'Calls that are not over yet.', deps.running.list().length),
      metric('weir_calls_lost_total', 'counter', 'Calls that could not be journaled.', journal.callsLost),
      metric('weir_bodies_shed_total', 'counter', 'Bodies not kept because the journal was full.', journal.bodiesShed),
      metric('weir_journal_bytes', 'gauge', 'Journal on disk.', journal.bytesOnDisk),
      metric('weir_journal_entries_total', 'counter', 'Entries written by this process.', journal.entriesWritten),
      metric(
        'weir_journal_lag_seconds',
        'gauge',
        'Age of the oldest finished call that is not stored.',
        recorder.behindMs / 1000,
      ),
      metric('weir_journal_entries_skipped_total', 'counter', 'Corrupt entries set aside.', recorder.entriesSkipped),
      metric('weir_store_up', 'gauge', '1: the database can be written.', recorder.problem === null ? 1 : 0),
      metric('weir_store_bytes', 'gauge', 'Database on disk.', recorder.diskBytes),
      metric(
        'weir_requests_refused_by_parser_total',
        'counter',
        'Requests that were no valid HTTP.',
        deps.parserRefused?.() ?? 0,
      ),
      ...redisMetrics(deps.redis?.() ?? null),
      metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
      metric('process_cpu_seconds_total', 'counter', 'CPU time, user and system.', cpuSeconds()),
    ].join('')
  }
}

const redisMetrics = (redis: ReturnType<NonNullable<MetricDeps['redis']>>): string[] =>
  redis === null
    ? []
    : [
        metric('weir_redis_up', 'gauge', '1: the shared Redis answers.', redis.up && redis.problem === null ? 1 : 0),
        metric('weir_redis_failures_total', 'counter', 'Commands and connections that failed.', redis.failures),
        metric(
          'weir_limits_unchecked_total',
          'counter',
          'Calls that passed without a look at their limits, because Redis was away.',
          redis.unchecked,
        ),
        metric('weir_limits_unsettled_total', 'counter', 'Calls whose estimate stands for good.', redis.lost),
      ]

type Labels = Record<string, string>

function metric(name: string, type: 'gauge' | 'counter', help: string, value: number | [Labels, number][]): string {
  const samples: [Labels, number][] = typeof value === 'number' ? [[{}, value]] : value
  const lines = samples.map(([labels, n]) => `${name}${toLabels(labels)} ${n}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function toLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
