// Users script against the API, so its document must be whole and true: valid OpenAPI, every route in it, nothing in it that is not there.
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApi } from '../../server/api/api.ts'
import { openHouse, type House } from './house.ts'

let house: House
let document: any
beforeAll(async () => {
  house = await openHouse({ config: { basePath: '' } })
  document = (await house.get('/api/openapi.json')).json
})
afterAll(() => house.close())

test('it is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toBe('3.1.0')
  expect(document.info.version).toBe('1.2.3')
  const result = await new Validator().validate(structuredClone(document))
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
})

test('every route that the API has is described, and the other way round', () => {
  const nothing = new Proxy({}, { get: () => () => () => {} })
  const api = createApi(nothing as never, { gate: nothing as never, unrecorded: nothing as never })
  const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
  const routed = api.routes
    .filter(({ method }) => methods.has(method))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}').replace(/\/$/, '')}`)
  const described = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\/$/, '')}`),
  )
  expect(described.sort()).toEqual([...new Set(routed)].sort())
  expect(described.length).toBeGreaterThanOrEqual(20)
})

test('every operation says what it is for, what can go wrong, and names what it answers', () => {
  for (const [path, operations] of Object.entries<any>(document.paths))
    for (const [method, operation] of Object.entries<any>(operations)) {
      expect([path, method, operation.summary]).toEqual([path, method, expect.stringMatching(/\w{3}/)])
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining(['201' in operation.responses ? '201' : '200', '4XX', '5XX']),
      )
      expect(operation.responses['4XX'].content).toHaveProperty('application/problem+json')
    }
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Call', 'CallItem', 'CallList', 'Problem', 'Overview', 'Conversation', 'Part', 'Status']),
  )
})

test('numbers in queries are described as numbers, with their bounds and defaults', () => {
  const limit = document.paths['/api/calls'].get.parameters.find((it: any) => it.name === 'limit')
  expect(limit).toMatchObject({
    in: 'query',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  })
})

test('behind a base path the document says so', async () => {
  const based = await openHouse({ config: { basePath: '/weir' } })
  expect((await based.get('/weir/api/openapi.json')).json.servers).toEqual([{ url: '/weir' }])
  expect((await based.get('/api/openapi.json')).status).toBe(404)
  await based.close()
})
