// A change of a key is in force for the very next call; calls under way go on until somebody ends them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chatAnswer, json } from '../support/provider.ts'
import { idOf, type KeyHouse, openKeyHouse, refusal } from './house.ts'

let house: KeyHouse
beforeAll(async () => void (house = await openKeyHouse()))
afterAll(() => house.close())

test('rotated: both secrets work; without an overlap only the new one', async () => {
  const first = await house.make('rotating')
  const { status, json: rotated } = await house.send('POST', '/rotating/rotate', { overlap: '1h' })
  expect([status, rotated.key.last4]).toEqual([200, rotated.secret.slice(-4)])
  expect([(await house.chat(first)).status, (await house.chat(rotated.secret)).status]).toEqual([200, 200])
  const again = (await house.send('POST', '/rotating/rotate', { overlap: '0' })).json
  // Of two rotations in a row only the last secret before is kept.
  expect((await refusal(await house.chat(first)))[2]).toMatch(/is not known here/)
  expect((await refusal(await house.chat(rotated.secret)))[2]).toMatch(/was replaced, and could be used until/)
  expect((await house.chat(again.secret)).status).toBe(200)
})

test('revoked: the next call is refused, and nothing brings the key back', async () => {
  const secret = await house.make('leaked')
  expect((await house.chat(secret)).status).toBe(200)
  expect((await house.send('POST', '/leaked/revoke')).json).toMatchObject({ state: 'revoked' })
  const answer = await house.chat(secret)
  const id = idOf(answer)
  const [status, code, message] = await refusal(answer)
  expect([status, code]).toEqual([401, 'key_invalid'])
  expect(message).toMatch(/^The Weir key "leaked" was revoked on 20/)
  expect(await house.weir.recorded(id)).toMatchObject({ outcome: 'refused', errorCode: 'key_invalid', key: null })
  expect((await house.send('POST', '/leaked/rotate', {})).json.code).toBe('key_revoked')
  expect((await house.send('POST', '', { name: 'leaked' })).json.code).toBe('name_taken')
  const { revokedAt } = (await house.send('POST', '/leaked/revoke')).json
  expect((await house.send('POST', '/leaked/revoke')).json.revokedAt).toBe(revokedAt)
})

test('changed: what is left out stays, null takes away, a date in the past ends it', async () => {
  const secret = await house.make('changing', { team: 'search', models: ['gpt-5*'] })
  const { json: changed } = await house.send('PATCH', '/changing', { models: null, capture: 'metadata' })
  expect(changed).toMatchObject({ team: 'search', models: null, capture: 'metadata' })
  const answer = await house.chat(secret, { model: 'o9' })
  expect((await house.weir.recorded(idOf(answer))).capture).toBe('metadata')
  await house.send('PATCH', '/changing', { expiresAt: 1 })
  expect((await refusal(await house.chat(secret)))[2]).toMatch(/expired on 1970-/)
  await house.send('PATCH', '/changing', { expiresAt: null })
  expect((await house.chat(secret)).status).toBe(200)
})

test('canceled: every running call of the key ends with an error, those of others go on', async () => {
  const [one, other] = [await house.make('one'), await house.make('two')]
  const release = Promise.withResolvers<void>()
  const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let count = 0
  house.provider.answer(async (request, response, incoming) => {
    arrived[count++]!.resolve()
    await release.promise
    await json(chatAnswer())(request, response, incoming)
  })
  const answers = [house.chat(one), house.chat(other)]
  await Promise.all(arrived.map(({ promise }) => promise))
  expect((await house.send('POST', '/one/cancel')).json).toEqual({ canceled: 1 })
  expect((await answers[0]!).headers.get('x-weir-error')).toBe('canceled')
  release.resolve()
  expect((await answers[1]!).status).toBe(200)
  expect((await house.send('POST', '/none/cancel')).status).toBe(404)
})
