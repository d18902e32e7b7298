// The data folder holds everybody's prompts: nobody else on the machine may read it, whoever made it and whatever the umask was.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { credentialSecret, openDataFolder } from '../../server/data-folder.ts'

const main = join(import.meta.dirname, '../../server/main.ts')
const createFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-modes-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const modeOf = (path: string) => statSync(path).mode & 0o777

test('a folder that was there before with mode 0755 is closed, and every file in it is its owner’s alone', async () => {
  const cwd = createFolder()
  const data = join(cwd, 'data')
  mkdirSync(data)
  chmodSync(data, 0o755)
  const weir = spawn('sh', ['-c', 'umask 022; exec "$0" "$@"', process.execPath, main, '--data', data, '--port', '0'], {
    cwd,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    weir.kill('SIGKILL')
    if (weir.exitCode === null && weir.signalCode === null) await once(weir, 'exit')
  })
  let url = ''
  for await (const line of createInterface({ input: weir.stdout }))
    if ((url = /Dashboard\s+(\S+)\/app/.exec(line)?.[1] ?? '')) break
  await expect.poll(() => readdirSync(data), { timeout: 20_000 }).toContain('weir.db')
  await fetch(`${url}/api/calls`)
  expect(modeOf(data)).toBe(0o700)
  const open = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
    (name) => (modeOf(join(data, name)) & 0o077) !== 0,
  )
  expect(open).toEqual([])
})

// Root may close any folder, so as root there is nothing to see.
const asUser = process.getuid?.() === 0 ? () => {} : test
asUser('a folder that is another user’s to close is said to be open', () => {
  const said: string[] = []
  openDataFolder('/tmp', (line) => said.push(line))
  expect(said).toEqual([expect.stringContaining('/tmp is open to other users')])
})

test('the secret behind credential names is made once, and a damaged one is refused rather than replaced', () => {
  const folder = createFolder()
  const file = join(folder, 'credential-names.key')
  const secret = credentialSecret(folder)
  expect([secret.length, modeOf(file), readdirSync(folder)]).toEqual([32, 0o600, ['credential-names.key']])
  expect(credentialSecret(folder)).toEqual(secret)
  writeFileSync(file, '')
  expect(() => credentialSecret(folder)).toThrow(/damaged: it has 0 bytes instead of 32/)
  expect(readFileSync(file)).toHaveLength(0)
})
