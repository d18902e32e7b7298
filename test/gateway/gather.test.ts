/** Chunks of one read become one piece; nothing waits for what is not there. */
import { expect, test } from 'vitest'
import { createGather } from '../../server/gateway/gather.ts'

test('what comes in one turn goes on as one piece, what comes in the next as another', async () => {
  const passed: string[] = []
  const gather = createGather((bytes) => passed.push(bytes.toString()))
  gather.add(Buffer.from('a'))
  gather.add(Buffer.from('b'))
  expect(passed).toEqual([])
  await Promise.resolve()
  expect(passed).toEqual(['ab'])
  gather.add(Buffer.from('c'))
  await Promise.resolve()
  expect(passed).toEqual(['ab', 'c'])
})

test('an end does not overtake what is there, and nothing comes twice', async () => {
  const passed: string[] = []
  const gather = createGather((bytes) => passed.push(bytes.toString()))
  gather.add(Buffer.from('last'))
  gather.flush()
  passed.push('end')
  gather.flush()
  await Promise.resolve()
  expect(passed).toEqual(['last', 'end'])
})

test('one chunk passes as it is, not copied', () => {
  const bytes = Buffer.from('one')
  let passed: Buffer | null = null
  const gather = createGather((piece) => (passed = piece))
  gather.add(bytes)
  gather.flush()
  expect(passed).toBe(bytes)
})
