// A call that ends the recorder itself must not end it for ever: named twice in the mark file, it is passed over. A recorder
// that ended by itself leaves no mark, and one that was killed from outside accuses nobody.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDanger } from '../../server/recorder/danger.ts'

let dataDir: string
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'weir-danger-'))))
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))
const open = (crashed: boolean) => createDanger({ dataDir, crashed, span: 3 })

test('after a clean end nothing is careful', () => {
  open(false).close()
  expect(open(false).careful()).toBe(false)
})

test('after an unclean end as many calls as a batch may hold are taken one by one, then it is over', () => {
  open(false)
  const next = open(false)
  expect(next.careful()).toBe(true)
  next.passed(2)
  expect(next.careful()).toBe(true)
  next.passed(1)
  expect(next.careful()).toBe(false)
})

test('a call in which the thread crashed while it was named is deadly at once', () => {
  open(false)
  open(true).enter('bad')
  const third = open(true)
  expect(third.isDeadly('bad')).toBe(true)
  expect(third.isDeadly('other')).toBe(false)
})

test('a process that was killed up to four times while a call was named accuses nobody, five times does', () => {
  open(false)
  for (let kills = 0; kills < 5; kills++) {
    const danger = open(false)
    expect(danger.isDeadly('unlucky')).toBe(false)
    danger.enter('unlucky')
  }
  expect(open(false).isDeadly('unlucky')).toBe(true)
})

test('a process that is killed after the call was stored says nothing about the call', () => {
  open(false)
  for (let i = 0; i < 3; i++) {
    const danger = open(false)
    danger.enter('stored')
    danger.leave()
  }
  expect(open(false).isDeadly('stored')).toBe(false)
})

test('once past the danger, old accusations are dropped', () => {
  open(false)
  open(false).enter('unlucky')
  open(false).passed(3)
  const later = open(false)
  later.enter('unlucky')
  expect(open(false).isDeadly('unlucky')).toBe(false)
})

test('a torn mark still means an unclean end', () => {
  writeFileSync(join(dataDir, 'recorder.mark'), '{"at":"x')
  expect(open(false).careful()).toBe(true)
})
