/**
 * Who may see the dashboard: the holder of the admin token. The token is 256 random bits, so one SHA-256 of it is as strong as any
 * slow hash would be, and checking it is cheap enough for every gateway call (2 µs). A token set in the configuration wins; it is
 * never written to disk. Logins are cookies, signed with a secret of this data folder and bound to the token: a renewed token ends them.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import { createAdminFile, readAdminFile, replaceAdminFile, type AdminFile } from './admin-file.ts'

const SESSION_MS = 7 * 86_400_000
/** Another process (`weir admin`) may renew the token: its file is looked at this often. */
const RECHECK_MS = 1_000

export interface AdminAuth {
  /** Constant-time; about 2 µs. */
  verify(token: string): boolean
  /** The generated token when this start made it, to be printed once; it cannot be had again. */
  readonly firstToken: string | null
  /** Makes a new token: the old one and every login end. Refused while the configuration sets the token. */
  renew(): string
  /** After a reload: makes a token, to be said once, where the configuration has none any more and none is stored; else null. */
  ensureToken(): string | null
  /** A signed login, good for a week: `expires.nonce.signature`. */
  issueSession(now?: number): { value: string; expiresAt: number }
  verifySession(value: string, now?: number): boolean
  /** Ends one login. Forgotten at restart, when the login's own expiry still holds. */
  revokeSession(value: string): void
}

export interface AdminOptions {
  /** Data folder: `admin.json` lives there, mode 0600. */
  dataDir: string
  /** `adminToken` of the configuration, read anew at each use where it is a function. */
  token: string | null | (() => string | null)
}

const digest = (text: string) => hash('sha256', text, 'buffer')
const createToken = () => `wa_${randomBytes(32).toString('base64url')}`

/** @throws when admin.json cannot be read or written: the message says what to do. */
export const createAdmin = ({ dataDir, token }: AdminOptions): AdminAuth => {
  const configured = typeof token === 'function' ? token : () => token
  const opened = openFile(dataDir, configured() === null)
  const revoked = new Map<string, number>()
  let file = opened.file
  let seen = changeOf(dataDir)
  let checkedAt = Date.now()

  /** The digest in force; null: no token exists, so nobody can log in. */
  const expected = (): Buffer | null => {
    const own = configured()
    if (own !== null) return digest(own)
    const now = Date.now()
    if (now - checkedAt > RECHECK_MS) {
      checkedAt = now
      const change = changeOf(dataDir)
      if (change !== seen) {
        seen = change
        file = readAdminFile(dataDir) ?? file
      }
    }
    return file.tokenSha256 === null ? null : Buffer.from(file.tokenSha256, 'hex')
  }

  const sign = (text: string) =>
    createHmac('sha256', Buffer.from(file.sessionSecret, 'base64url'))
      .update(expected() ?? '')
      .update(text)
      .digest('base64url')

  const makeToken = (): string => {
    const made = createToken()
    file = { ...file, tokenSha256: digest(made).toString('hex'), createdAt: Date.now() }
    replaceAdminFile(dataDir, file)
    seen = changeOf(dataDir)
    return made
  }

  return {
    firstToken: opened.token,
    verify(given) {
      const digested = expected()
      return digested !== null && timingSafeEqual(digest(given), digested)
    },
    renew() {
      if (configured() !== null)
        throw new Error(
          'The admin token is set by the configuration (adminToken or WEIR_ADMIN_TOKEN): change it there.',
        )
      return makeToken()
    },
    ensureToken() {
      if (configured() !== null) return null
      file = readAdminFile(dataDir) ?? file
      return file.tokenSha256 === null ? makeToken() : null
    },
    issueSession(now = Date.now()) {
      const expiresAt = now + SESSION_MS
      const body = `${expiresAt}.${randomBytes(16).toString('base64url')}`
      return { value: `${body}.${sign(body)}`, expiresAt }
    },
    verifySession(value, now = Date.now()) {
      const cut = value.lastIndexOf('.')
      const body = value.slice(0, cut)
      if (cut < 0 || revoked.has(body) || !(Number(body.split('.')[0]) > now)) return false
      return timingSafeEqual(digest(value.slice(cut + 1)), digest(sign(body)))
    },
    revokeSession(value) {
      if (!this.verifySession(value)) return
      const now = Date.now()
      for (const [body, expiresAt] of revoked) if (expiresAt < now) revoked.delete(body)
      const body = value.slice(0, value.lastIndexOf('.'))
      revoked.set(body, Number(body.split('.')[0]))
    },
  }
}

/** Opens admin.json, or makes it. Two processes may start at once: the loser reads what the winner wrote. */
function openFile(dataDir: string, needsToken: boolean): { file: AdminFile; token: string | null } {
  const found = readAdminFile(dataDir)
  if (found && (found.tokenSha256 !== null || !needsToken)) return { file: found, token: null }
  const token = needsToken ? createToken() : null
  const file: AdminFile = {
    version: 1,
    tokenSha256: token === null ? null : digest(token).toString('hex'),
    sessionSecret: found?.sessionSecret ?? randomBytes(32).toString('base64url'),
    createdAt: Date.now(),
  }
  if (found) replaceAdminFile(dataDir, file)
  else if (!createAdminFile(dataDir, file)) return openFile(dataDir, needsToken)
  return { file, token }
}

const changeOf = (dataDir: string): number => statSync(`${dataDir}/admin.json`, { throwIfNoEntry: false })?.mtimeMs ?? 0
