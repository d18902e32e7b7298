/** The tables of docs/benchmarks.md. Ratios first: they are what holds on another machine. */
export interface Report {
  conditions: string
  throughput: {
    name: string
    kind: string
    connections: number
    perSecond: number
    ratio: number
    storedRatio: number | null
    cpuMicros: number | null
    errors: number
  }[]
  latency: { name: string; rate: number; p50: number; p99: number; errors: number }[]
  firstByte: { name: string; p50: number; p99: number }[]
  idle: { name: string; startedInMs: number | null; rssMiB: number }[]
  /** Keys, limits, budgets and cache; absent: not measured. */
  control?: Control
  lost: string[]
}

export interface Control {
  /** Calls a second, the best round of each. */
  bare: number
  control: number
  hit: { p50: number; p99: number; rate: number; errors: number }
  /** 200 calls a second to a route while all is well, and with its first target down. */
  drill: { what: string; calls: number; errors: number; p50: number; p99: number; primary: number | null }[]
}

export function toMarkdown(report: Report): string {
  return [
    '# Benchmarks',
    '',
    `Made by \`npm run bench -- --write\`. ${report.conditions}.`,
    'The ratio is to a bare `node:http` + `undici.dispatch` forwarder in the same run. "until stored" counts the time until the last row is in the database. A run that loses a row fails.',
    '',
    '## What was aimed at',
    '',
    table(['figure', 'aimed at', 'measured (connections 1 / 16 / 256)'], aims(report)),
    '',
    '## Throughput, bodies logged',
    '',
    table(
      ['subject', 'body', 'connections', 'calls/s', 'ratio', 'until stored', 'CPU µs/call', 'errors'],
      report.throughput.map((row) => [
        row.name,
        row.kind,
        row.connections,
        Math.round(row.perSecond),
        row.ratio.toFixed(2),
        row.storedRatio?.toFixed(2) ?? '—',
        row.cpuMicros?.toFixed(0) ?? '—',
        row.errors,
      ]),
    ),
    '',
    '## Latency of small calls at a fixed rate (a third of the bare forwarder’s capacity, 16 connections)',
    '',
    table(
      ['subject', 'calls/s', 'p50 ms', 'p99 ms', 'errors'],
      report.latency.map((row) => [row.name, Math.round(row.rate), row.p50, row.p99, row.errors]),
    ),
    '',
    '## Time to the first byte of a stream, one after the other',
    '',
    table(
      ['subject', 'p50 ms', 'p99 ms'],
      report.firstByte.map((row) => [row.name, row.p50.toFixed(2), row.p99.toFixed(2)]),
    ),
    '',
    '## Start and memory',
    '',
    table(
      ['subject', 'started in ms', 'RSS MiB'],
      report.idle.map((row) => [row.name, row.startedInMs?.toFixed(0) ?? '—', row.rssMiB.toFixed(0)]),
    ),
    '',
    ...(report.control ? controlled(report.control) : []),
    report.lost.length === 0 ? 'Every call has its row.' : `**Rows are missing:** ${report.lost.join('; ')}`,
    '',
  ].join('\n')
}

export function controlled({ bare, control, hit, drill }: Control): string[] {
  const [well, ...down] = drill
  const added = (figure: 'p50' | 'p99') =>
    down.map((row) => `${(row[figure] - well![figure]).toFixed(2)} ms`).join(', ')
  return [
    '## Control: key, limits, budget and cache',
    '',
    table(
      ['figure', 'aimed at', 'measured'],
      [
        ['small calls, each a miss that is stored, to Weir’s bare path', '≥ 0.8', (control / bare).toFixed(2)],
        ['calls/s, bare path and control', '', `${Math.round(bare)}, ${Math.round(control)}`],
        [
          `cache hit, p50 at ${Math.round(hit.rate)} calls/s`,
          '≤ 0.5 ms',
          `${hit.p50} ms (p99 ${hit.p99} ms, ${hit.errors} errors)`,
        ],
        ['outage drill: client errors', '0', drill.reduce((sum, { errors }) => sum + errors, 0)],
        ['outage drill: added p50', '', added('p50')],
        ['outage drill: added p99', '', added('p99')],
      ],
    ),
    '',
    'The drill: 200 calls a second to a route of two targets, first with both well, then with the first down (connection refused) from the first call on.',
    '',
    table(
      ['drill', 'calls', 'client errors', 'p50 ms', 'p99 ms', 'calls at the first target'],
      drill.map((row) => [row.what, row.calls, row.errors, row.p50, row.p99, row.primary ?? '—']),
    ),
    '',
  ]
}

const KINDS = ['small', 'large', 'sse']

/** Each aim beside all that was measured of it, so that nobody has to look for the worst row. */
function aims({ throughput, latency, firstByte, idle }: Report): string[][] {
  const of = (setting: string, kind: string, figure: 'ratio' | 'storedRatio') =>
    throughput
      .filter((row) => row.name === `Weir, ${setting}` && row.kind === kind)
      .map((row) => row[figure]?.toFixed(2) ?? '—')
      .join(' / ')
  const ratios = (what: string, setting: string, figure: 'ratio' | 'storedRatio', aim: string) =>
    KINDS.map((kind) => [`${what}, ${kind}`, aim, of(setting, kind, figure)])
  const added = <Row extends { name: string }>(rows: Row[], figure: (row: Row) => number) => {
    const bare = rows.find((row) => row.name === 'node:http + undici')
    const weir = rows.find((row) => row.name.startsWith('Weir'))
    return bare && weir ? `${(figure(weir) - figure(bare)).toFixed(2)} ms` : '—'
  }
  return [
    ...ratios('recorder on another core', 'recorder on another core', 'ratio', '≥ 0.6'),
    ...ratios('one core, while the load lasts', 'everything on one core', 'ratio', '≥ 0.5'),
    ...ratios('one core, until stored', 'everything on one core', 'storedRatio', '≥ 0.2'),
    ['added p50 at a third of capacity', '≤ 0.3 ms', added(latency, (row) => row.p50)],
    ['added p99 at a third of capacity', '≤ 2 ms', added(latency, (row) => row.p99)],
    ['added time to the first byte of a stream', '≤ 0.5 ms', added(firstByte, (row) => row.p50)],
    ['cold start', '≤ 1 s', idle.flatMap((row) => row.startedInMs?.toFixed(0) ?? []).join(', ') + ' ms'],
    [
      'RSS idle',
      '≤ 150 MiB',
      idle.flatMap((row) => (row.startedInMs === null ? [] : row.rssMiB.toFixed(0))).join(', '),
    ],
  ]
}

const table = (head: string[], rows: (string | number)[][]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`
