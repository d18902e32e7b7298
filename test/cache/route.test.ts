// A route's answers are its own: which of its targets gave one does not matter, and the provider's own address does not share them.
import { expect, test } from 'vitest'
import { openCacheHouse, QUESTION } from './house.ts'

test('a hit under a route, whichever target would be next', async () => {
  const house = await openCacheHouse(
    {},
    { config: { routes: { fast: { strategy: 'weighted', targets: ['openai/gpt-5-mini', 'openai/gpt-5'] } } } },
  )
  const options = { body: { ...QUESTION, model: 'fast' }, path: '/v1/chat/completions' }
  const first = await house.askAndStore(options)
  const more = [await house.ask(options), await house.ask(options), await house.ask(options)]
  expect([first, ...more].map(({ cache }) => cache)).toEqual(['miss', 'hit', 'hit', 'hit'])
  expect(house.provider.requests).toHaveLength(1)
  expect(await house.weir.recorded(more[0]!.id)).toMatchObject({ outcome: 'cache_hit', route: 'fast', attempts: [] })
  expect((await house.ask()).cache).toBe('miss')
  await house.close()
})
