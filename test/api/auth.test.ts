// The admin token: made once, kept as a digest in a file that only its owner reads, and never in need of a slow check.
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAdmin } from '../../server/api/auth.ts'

let dataDir: string
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'weir-admin-'))))
afterEach(() => {
  vi.useRealTimers()
  rmSync(dataDir, { recursive: true })
})

const file = () => join(dataDir, 'admin.json')
const create = (token: string | null = null) => createAdmin({ dataDir, token })

test('the first start makes a token of 256 bits, tells it once and keeps only its digest', () => {
  const admin = create()
  const token = admin.firstToken as string
  expect(token).toMatch(/^wa_[\w-]{43}$/)
  expect(admin.verify(token)).toBe(true)
  expect(readFileSync(file(), 'utf8')).not.toContain(token)
  expect(statSync(file()).mode & 0o777).toBe(0o600)

  const second = create()
  expect(second.firstToken).toBeNull()
  expect(second.verify(token)).toBe(true)
  expect(second.verify(`${token} `)).toBe(false)
  expect(second.verify('')).toBe(false)
})

test('a configured token wins, is not written down, and cannot be renewed here', () => {
  const generated = create().firstToken as string
  const admin = create('chosen-by-the-owner')
  expect(admin.verify('chosen-by-the-owner')).toBe(true)
  expect(admin.verify(generated)).toBe(false)
  expect(readFileSync(file(), 'utf8')).not.toContain('chosen')
  expect(() => admin.renew()).toThrow(/configuration/)
})

test('when the configured token is taken away, the next start makes one', () => {
  expect(create('chosen-by-the-owner').firstToken).toBeNull()
  const admin = create()
  expect(admin.verify(admin.firstToken as string)).toBe(true)
})

test('a token that another process renewed holds here within a second', () => {
  vi.useFakeTimers()
  const running = create()
  const old = running.firstToken as string
  const renewed = create().renew()
  utimesSync(file(), new Date(), new Date(Date.now() + 5000))
  expect(running.verify(old)).toBe(true)
  vi.advanceTimersByTime(1_100)
  expect(running.verify(old)).toBe(false)
  expect(running.verify(renewed)).toBe(true)
})

test('a login ends after a week, with its token, and when it is revoked', () => {
  const admin = create()
  const now = Date.now()
  const { value, expiresAt } = admin.issueSession(now)
  expect(expiresAt - now).toBe(7 * 86_400_000)
  expect(admin.verifySession(value, expiresAt - 1)).toBe(true)
  expect(admin.verifySession(value, expiresAt)).toBe(false)
  expect(create().verifySession(value)).toBe(true)

  admin.revokeSession(value)
  expect(admin.verifySession(value)).toBe(false)
  const other = admin.issueSession().value
  admin.renew()
  expect(admin.verifySession(other)).toBe(false)
})

test('a damaged file is named, with what to do, instead of guessed at', () => {
  writeFileSync(file(), '{"version":1,"tokenSha256":"short"}')
  expect(() => create()).toThrow(/admin\.json is damaged\. Delete it/)
})

test('a check costs microseconds, so the gateway can afford one a call', () => {
  const admin = create()
  const token = admin.firstToken as string
  for (let i = 0; i < 2_000; i++) admin.verify(token)
  const before = process.cpuUsage()
  for (let i = 0; i < 10_000; i++) admin.verify(token)
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 10_000).toBeLessThan(50)
})

test('a configured token that a reload takes away leaves a new one behind, or the one that is stored', () => {
  let configured: string | null = 'chosen-by-the-owner'
  const admin = createAdmin({ dataDir, token: () => configured })
  expect([admin.firstToken, admin.ensureToken()]).toEqual([null, null])
  configured = null
  const made = admin.ensureToken() as string
  expect(made).toMatch(/^wa_/)
  expect([admin.verify(made), admin.verify('chosen-by-the-owner'), admin.ensureToken()]).toEqual([true, false, null])
  expect(create().verify(made)).toBe(true)
})
