// Figures over many calls: what the schemas promise is what the queries answer, and what is asked wrongly is refused.
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as schemas from '../../server/api/schema/answers.ts'
import { openHouse, type House } from './house.ts'

let house: House
const T0 = Date.now() - 3_600_000
const RANGE = `from=${T0 - 60_000}&to=${T0 + 3_600_000}`
beforeAll(async () => {
  house = await openHouse()
  await house.record(
    { startedAt: T0, model: 'gpt-5.1', responseModel: 'gpt-5.1', user: 'ann', tags: { feature: 'search' } },
    { startedAt: T0 + 1, model: 'gpt-5.1', responseModel: 'gpt-5.1', user: 'bob', outcome: 'error', status: 500 },
    {
      startedAt: T0 + 2,
      model: 'claude-opus',
      responseModel: 'claude-opus',
      provider: 'anthropic',
      costNano: null,
      listNano: null,
      costParts: null,
    },
  )
})
afterAll(() => house.close())

test('overview', async () => {
  const { status, json } = await house.get(`/api/overview?${RANGE}`)
  expect(status).toBe(200)
  expect(schemas.overview.parse(json)).toEqual(json)
  expect(json.now).toMatchObject({ calls: 3, errors: 1, unpricedCalls: 1 })
  expect(json.before.calls).toBe(0)
})

test.each(['by=model', 'by=tag.feature', 'by=user&zone=Asia/Kathmandu', 'step=900000', ''])(
  'series %s',
  async (more) => {
    for (const metric of ['cost', 'calls', 'errors', 'tokens', 'latency', 'ttft']) {
      const { status, json } = await house.get(`/api/series?metric=${metric}&${RANGE}&${more}`)
      expect([metric, status]).toEqual([metric, 200])
      expect(schemas.series.parse(json)).toEqual(json)
      for (const group of json.groups) expect(group.values.length).toBe(json.at.length)
    }
  },
)

test('top', async () => {
  const { json } = await house.get(`/api/top?by=model&metric=calls&${RANGE}`)
  expect(schemas.top.parse(json)).toEqual(json)
  expect(json.items[0]).toMatchObject({ name: 'gpt-5.1', calls: 2, errors: 1 })
})

test('suggestions', async () => {
  const { json } = await house.get(`/api/suggest?field=model&prefix=g&${RANGE}`)
  expect(schemas.suggestions.parse(json)).toEqual(json)
  expect(json.values[0]).toMatchObject({ value: 'gpt-5.1' })
  expect((await house.get(`/api/suggest?field=tag.feature&${RANGE}`)).json.values).toEqual([
    { value: 'search', calls: 1 },
  ])
})

test('models that answered calls here are known beside those of the price list', async () => {
  await house.record({ provider: 'my-vllm', model: 'own-model', responseModel: 'own-model', outcome: 'ok' })
  const known = await house.ask('knownModels', {})
  expect(known).toContainEqual({ provider: 'my-vllm', model: 'own-model' })
  expect(known.filter((it) => it.provider === 'anthropic').length).toBeGreaterThan(5)
})

test.each([
  ['/api/series', 'query.metric'],
  ['/api/series?metric=fame', 'query.metric'],
  ['/api/series?metric=cost&by=colour', 'query.by'],
  ['/api/series?metric=cost&by=tag.', 'query.by'],
  ['/api/series?metric=cost&zone=Mars/Olympus', 'query.zone'],
  ['/api/series?metric=cost&step=1', 'query.step'],
  ['/api/series?metric=cost&top=51', 'query.top'],
  ['/api/top', 'query.by'],
  ['/api/suggest?field=nothing', 'query.field'],
  ['/api/overview?from=9&to=3', 'query.from'],
])('%s is refused with the place of the mistake', async (path, where) => {
  const { status, json } = await house.get(path)
  expect(status).toBe(400)
  expect(json.errors.map((it: { where: string }) => it.where)).toContain(where)
})
