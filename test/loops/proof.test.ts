// What a false alarm costs is trust, and what a missed loop costs is money: both are counted here, on recorded and on made runs.
import { expect, test } from 'vitest'
import { createDetector } from '../../server/loops/detector.ts'
import { createRandom } from '../db/calls.ts'
import { loadAgentSessions } from '../support/corpus.ts'
import { makeCases, type Case } from './cases.ts'
import { judgeRun, type Judged } from './judged.ts'
import { movesOf, SETTINGS, toTurns } from './runs.ts'

const runs = loadAgentSessions()?.map(movesOf) ?? null
const CASES = 1140

test.skipIf(!runs)('none of 200 recorded runs is called a loop', async () => {
  const alarms: Judged[] = []
  for (const run of runs!) {
    const judged = await judgeRun(run)
    if (judged.at !== null) alarms.push(judged)
  }
  expect(alarms).toEqual([])
})

test.skipIf(!runs)('of 1,140 made cases the loops are found, in time, and nothing else', async () => {
  const rows = new Map<string, { cases: number; loops: boolean; found: number; late: number[]; rules: Set<string> }>()
  const wrong: { kind: string; number: number; judged: Judged; due: number | null }[] = []
  let number = 0
  for (const one of makeCases(createRandom(20_261_123), runs!, CASES)) {
    const judged = await judgeRun(one.moves)
    note(one, judged)
    if ((judged.at === null) !== (one.due === null) || (one.due !== null && judged.at! > one.due + 1))
      wrong.push({ kind: one.kind, number, judged, due: one.due })
    number++
  }

  function note({ kind, due }: Case, { at, rules }: Judged) {
    const row = rows.get(kind) ?? { cases: 0, loops: due !== null, found: 0, late: [], rules: new Set<string>() }
    rows.set(kind, row)
    row.cases++
    if (at === null) return
    row.found++
    for (const rule of rules) row.rules.add(rule)
    if (due !== null) row.late.push(at - due)
  }

  const all = [...rows.values()]
  const [found, loops, alarms] = [
    all.filter((row) => row.loops).reduce((sum, row) => sum + row.found, 0),
    all.filter((row) => row.loops).reduce((sum, row) => sum + row.cases, 0),
    all.filter((row) => !row.loops).reduce((sum, row) => sum + row.found, 0),
  ]
  const table = [...rows].map(([kind, { cases, loops: is, found: hits, late, rules }]) => ({
    kind,
    cases,
    loop: is,
    called: hits,
    late: late.length === 0 ? '' : `${Math.min(...late)}…${Math.max(...late)}`,
    rules: [...rules].join(' '),
  }))
  console.table(table)
  console.log({ loops, recall: found / loops, precision: found / (found + alarms), wrong: wrong.slice(0, 5) })
  expect(loops + all.filter((row) => !row.loops).reduce((sum, row) => sum + row.cases, 0)).toBe(CASES)
  expect(found / loops).toBeGreaterThanOrEqual(0.98)
  expect(found / (found + alarms)).toBeGreaterThanOrEqual(0.99)
  expect(Math.max(...all.flatMap(({ late }) => late))).toBeLessThanOrEqual(1)
})

test.skipIf(!runs)('what it costs is printed, not judged: it depends on the machine', async () => {
  const turns = runs!.map((run) => toTurns(run))
  const detector = createDetector({ settings: SETTINGS, loopKey: new Uint8Array(0), known: async () => null })
  const before = process.cpuUsage()
  let calls = 0
  for (const run of turns) {
    for (const turn of run) await detector.look([turn])
    calls += run.length
  }
  const { user, system } = process.cpuUsage(before)
  console.log(`detection: ${((user + system) / calls).toFixed(0)} µs of processor time a call, over ${calls} calls`)
  expect(calls).toBeGreaterThan(2000)
})
