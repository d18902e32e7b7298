/** `admin.json` in the data folder: the admin token's digest and the secret that signs logins. Mode 0600, replaced whole. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'

const adminFile = z.object({
  version: z.literal(1),
  /** Of the generated token, in hex; null while the configuration sets the token. */
  tokenSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  sessionSecret: z.string().min(40),
  createdAt: z.number(),
})
export type AdminFile = z.infer<typeof adminFile>

const pathOf = (dataDir: string) => join(dataDir, 'admin.json')

/** null when there is none. @throws when it is there and cannot be understood: guessing would lock people out, or in. */
export const readAdminFile = (dataDir: string): AdminFile | null => {
  const path = pathOf(dataDir)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`The admin token's file ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return adminFile.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`${path} is damaged. Delete it: the next start makes a new admin token and prints it.`, {
      cause: error,
    })
  }
}

/** Makes it; false when another process was faster. A link either comes to be whole or not at all. */
export const createAdminFile = (dataDir: string, content: AdminFile): boolean => {
  mkdirSync(dataDir, { recursive: true })
  const draft = writeDraft(dataDir, content)
  try {
    linkSync(draft, pathOf(dataDir))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // Some mounted file systems know no links; there a race between two first starts is not guarded.
    renameSync(draft, pathOf(dataDir))
    return true
  } finally {
    rmSync(draft, { force: true })
  }
}

export const replaceAdminFile = (dataDir: string, content: AdminFile): void =>
  renameSync(writeDraft(dataDir, content), pathOf(dataDir))

function writeDraft(dataDir: string, content: AdminFile): string {
  const draft = `${pathOf(dataDir)}.${randomUUID()}`
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return draft
}
