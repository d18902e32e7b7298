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
  lost: string[]
}

export function toMarkdown(report: Report): string {
  return [
    '# Benchmarks',
    '',
    `Made by \`npm run bench -- --write\`. ${report.conditions}.`,
    'The ratio is to a bare `node:http` + `undici.dispatch` forwarder in the same run. "until stored" counts the time until the last row is in the database. A run that loses a row fails.',
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
    report.lost.length === 0 ? 'Every call has its row.' : `**Rows are missing:** ${report.lost.join('; ')}`,
    '',
  ].join('\n')
}

const table = (head: string[], rows: (string | number)[][]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`
