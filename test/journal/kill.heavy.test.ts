// kill -9 in the middle of everything: whatever the journal had acknowledged is read, once, byte for byte.
import { expect, test } from 'vitest'
import { commitOne, createRandom, newJournalDir, newLedger, openAssembler, startChild } from './support.ts'

/** What clients have seen: bytes per call, and which calls were complete. */
const toSeen = (lines: string[]) => {
  const bytes = new Map<string, number>()
  const complete = new Set<string>()
  for (const [what, callId, count] of lines.map((line) => line.split(' '))) {
    bytes.set(callId!, Number(count))
    if (what === 'end') complete.add(callId!)
  }
  return { bytes, complete }
}

test(
  '20 rounds of kill -9 under load, with a reader that reads along and is itself restarted',
  { timeout: 120_000 },
  async () => {
    const random = createRandom(9)
    const dir = newJournalDir()
    const ledger = newLedger()
    const lines: string[] = []
    for (let round = 0; round < 20; round++) {
      const child = await startChild(dir, 'write')
      let assembler = openAssembler(dir, ledger)
      const target = 100 + random.below(1500)
      while (child.lines().length < target) {
        await child.said(Math.min(target, child.lines().length + 1))
        commitOne(assembler, ledger, 1 + random.below(50))
        if (random.below(4) > 0) continue
        assembler.close()
        assembler = openAssembler(dir, ledger)
      }
      lines.push(...(await child.kill()))
      while (commitOne(assembler, ledger, 20).calls.length > 0);
      expect(ledger.open).toEqual([])
      expect(assembler.counters()).toMatchObject({ entriesSkipped: 0, orphans: 0 })
      assembler.close()
    }

    const { bytes, complete } = toSeen(lines)
    expect(complete.size).toBeGreaterThan(500)
    const calls = new Map(ledger.calls.map((call) => [call.callId, call]))
    expect(calls.size).toBe(ledger.calls.length)
    for (const [callId, seen] of bytes) {
      const call = calls.get(callId)!
      const body = Buffer.concat(call.response.map((part) => part.bytes!))
      expect(body.length).toBeGreaterThanOrEqual(seen)
      const pieces = call.response.map((_, n) => `data: ${callId} ${n} ${'x'.repeat((n * 37) % 900)}\n\n`)
      expect(body.toString()).toBe(pieces.join(''))
      if (complete.has(callId)) expect(call.end).toMatchObject({ outcome: 'ok' })
    }
  },
)
