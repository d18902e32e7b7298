/** The writer's table of open calls answers as a Map would, through any order of coming and going. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createCallTable } from '../../server/journal/call-table.ts'
import { seeded, upTo } from '../support/random.ts'

test('20,000 random steps give what a Map gives', () => {
  const random = seeded(7)
  const table = createCallTable<{ callId: string }>()
  const map = new Map<string, { callId: string }>()
  // Few last digits, so that many ids want the same place.
  const newId = () => `${randomUUID().slice(0, 28)}${String(upTo(random, 40)).padStart(8, '0')}`
  for (let step = 0; step < 20_000; step++) {
    const known = [...map.keys()]
    if (known.length === 0 || (random() < 0.52 && known.length < 300)) {
      const item = { callId: newId() }
      table.add(item)
      map.set(item.callId, item)
    } else {
      const gone = known[upTo(random, known.length)]!
      table.delete(gone)
      map.delete(gone)
      expect(table.get(gone)).toBe(undefined)
    }
    const asked = known[upTo(random, known.length)]
    if (asked !== undefined) expect(table.get(asked)).toBe(map.get(asked))
  }
  for (const [id, item] of map) expect(table.get(id)).toBe(item)
  expect(table.get(newId())).toBe(undefined)
  table.clear()
  for (const id of map.keys()) expect(table.get(id)).toBe(undefined)
})
