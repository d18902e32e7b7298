// Turns, retention, repeats and restarts in random order: each body that is kept is what came, and every byte is counted.
import { expect, test } from 'vitest'
import { callPayload } from '../../db/queries/call-payload.ts'
import type { RecordedCall } from '../../db/store.ts'
import { DAY, createAgent, deltas, expectSound, pruneAll, readBack, rowsOf } from './agent.ts'
import { NOON, createRandom } from './calls.ts'
import { describeDatabases } from './databases.ts'

describeDatabases((databases) => {
  test('random turns, retention, repeats and restarts', async () => {
    const random = createRandom(11)
    let opened = await databases.open()
    const agents = Array.from({ length: 5 }, (_, n) => createAgent(random, `run-${n % 3}`, n > 2 ? 'helper' : null))
    let calls: RecordedCall[] = []
    let at = NOON
    for (let round = 0; round < 40; round++) {
      const batch = Array.from({ length: 1 + random.below(6) }, () =>
        random.pick(agents)((at += random.below(DAY / 24))),
      )
      if (calls.length > 0 && random.below(3) === 0) {
        const old = random.pick(calls)
        batch.push({ ...old, payloads: old.payloads.slice(0, 1 + random.below(3)) })
      }
      await opened.record(...batch)
      const ids = new Set(batch.map(({ call }) => call.id))
      calls = [...calls.filter(({ call }) => !ids.has(call.id)), ...batch]
      if (random.below(4) === 0) {
        const before = at - random.below(DAY / 2)
        const whole = random.below(2) === 0
        await pruneAll(opened.store, { [whole ? 'callsBefore' : 'contentBefore']: before })
        const gone = calls.filter(({ call }) => call.startedAt < before)
        for (const { call } of gone)
          expect((await callPayload(opened.read, { id: call.id, kind: 'requestHeaders' }))?.expired ?? true).toBe(true)
        calls = calls.filter(({ call }) => call.startedAt >= before)
      }
      if (random.below(10) === 0) opened = await databases.open({ dataDir: opened.dataDir, database: opened.database })
    }
    for (const call of calls) expect(await readBack(opened.read, call)).not.toContain(false)
    expect(await deltas(opened)).toBeGreaterThan(5)
    await expectSound(opened)
    await pruneAll(opened.store, { callsBefore: at + 1 })
    expect(await rowsOf(opened)).toEqual([])
    await expectSound(opened)
  }, 120_000)
})
