// The raw target decides between gateway and dashboard: nothing that a router would fold may slip from one house into the other.
import { expect, test } from 'vitest'
import { isGateway, readAddress } from '../../server/gateway/address.ts'

test.each([
  ['/openai/v1/chat/completions', true],
  ['/v1/models', true],
  ['/t/user=ann/openai/v1', true],
  ['/unknown-thing', true],
  ['/openai/../api/calls', true],
  ['/openai/%2e%2e/api/calls', true],
  ['/api/calls', false],
  ['/app', false],
  ['/', false],
  ['/healthz', false],
  ['/readyz?x=1', false],
  ['/metrics', false],
])('%s goes to the gateway: %s', (target, gateway) => {
  expect(isGateway(target, '')).toBe(gateway)
})

test('a base path moves everything, and nothing outside of it is the gateway', () => {
  expect(isGateway('/weir/openai/v1', '/weir')).toBe(true)
  expect(isGateway('/weir/api/calls', '/weir')).toBe(false)
  expect(isGateway('/openai/v1', '/weir')).toBe(false)
  expect(isGateway('/weirdo/v1', '/weir')).toBe(false)
  expect(readAddress('/weir/openai/v1/x?y=%2F', '/weir')).toEqual({ provider: 'openai', rest: '/v1/x?y=%2F', tags: {} })
})

test('everything after the provider stays as it was written', () => {
  expect(readAddress('/openai/v1//files/a%2Fb%20?q=%41&empty=', '').rest).toBe('/v1//files/a%2Fb%20?q=%41&empty=')
  expect(readAddress('/v1/chat/completions?x=1', '')).toEqual({
    provider: null,
    rest: '/chat/completions?x=1',
    tags: {},
  })
})

test('tags stand in the base URL, each value decoded by itself', () => {
  expect(readAddress('/t/user=ann,session=a%2Cb,team=%D0%B6/openai/v1', '')).toEqual({
    provider: 'openai',
    rest: '/v1',
    tags: { user: 'ann', session: 'a,b', team: 'ж' },
  })
})

test.each([
  '/openai/../api/x',
  '/openai/%2e%2e/api',
  '/openai/%2E./x',
  '/openai/./v1',
  'http://evil/openai/v1',
  '*',
  '/t/user/openai',
  '/t/=x/openai',
  '/t/a=%zz/openai',
  '/t/a=b',
  '/openai/v1/..',
])('%s is refused', (target) => {
  expect(() => readAddress(target, '')).toThrowError(expect.objectContaining({ code: 'bad_target' }))
})

test('dots inside a segment are fine', () => {
  expect(readAddress('/gemini/v1beta/models/gemini-2.5-pro:generateContent', '').provider).toBe('gemini')
  expect(readAddress('/openai/v1/a..b/.hidden', '').rest).toBe('/v1/a..b/.hidden')
})
