// `weir credential …` beside a running Weir: the secret comes from a file or a pipe, never from the command line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultMigrationsDir } from '../../db/migrate.ts'
import { parseCommand } from '../../server/cli/arguments.ts'
import { addCredentialCommand, listCredentialsCommand, removeCredentialCommand } from '../../server/cli/credential.ts'
import { type CredentialHouse, openCredentialHouse, SECRET } from './house.ts'

const COMMANDS = { add: addCredentialCommand, list: listCredentialsCommand, remove: removeCredentialCommand }

let folder: string
let house: CredentialHouse
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-credential-cli-'))
  house = await openCredentialHouse({}, join(folder, 'data'))
  writeFileSync(
    join(folder, 'weir.yaml'),
    'providers: { openai: { apiKeys: [{ name: fixed, key: sk-in-the-file-0123456789 }] } }',
  )
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`)
})
afterAll(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `typed`: what is answered when it asks for the secret. */
async function weirCredential(args: string[], typed: string | null = null) {
  const [out, said]: [string[], string[]] = [[], []]
  const terminal = {
    env: {},
    cwd: folder,
    print: (line: string) => void out.push(line),
    complain: (line: string) => void said.push(line),
    askSecret: async (question: string) => {
      said.push(question)
      if (typed === null) throw new Error('was not to be asked')
      return typed
    },
  }
  const command = parseCommand(['credential', ...args, '--data', join(folder, 'data')])
  await COMMANDS[args[0] as keyof typeof COMMANDS](command, terminal, { migrationsDir: defaultMigrationsDir() })
  return { out, said: said.join('\n') }
}

/** The running Weir looks once a second; nothing tells when it has. */
async function untilShown(wanted: string | undefined): Promise<void> {
  for (const until = performance.now() + 20_000; performance.now() < until;) {
    await house.chat(house.key)
    if (house.shown() === wanted) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the provider was shown ${house.shown()}, not ${wanted}`)
}

test('added from a file it pays for calls of the Weir that runs, removed it does not', async () => {
  const { out, said } = await weirCredential(['add', 'openai', '--name', 'main', '--file', 'secret', '--weight', '3'])
  expect([out, said]).toEqual([
    [],
    `The credential "main" for openai, which ends in …${SECRET.slice(-4)}, is stored, encrypted.`,
  ])
  await untilShown(`Bearer ${SECRET}`)
  await weirCredential(['remove', 'openai', '--name', 'main'])
  await untilShown(undefined)
})

test('asked for, or from a pipe; listed without it', async () => {
  const { said } = await weirCredential(['add', 'openai', '--name', 'piped', '--models', 'gpt-5*, o9'], `${SECRET}\n`)
  expect(said).toMatch(/^Secret of the credential "piped" for openai: /)
  const { out } = await weirCredential(['list'])
  expect(out.map((line) => line.split(/ {2,}/))).toEqual([
    ['openai', 'fixed', '…6789', 'usable', 'weir.yaml'],
    ['openai', 'piped', `…${SECRET.slice(-4)}`, 'usable', 'stored', 'models: gpt-5*, o9'],
  ])
})

test.each([
  [
    ['add', 'openai', '--name', 'fixed', '--file', 'secret'],
    /"fixed" for openai is set in weir\.yaml: choose another name/,
  ],
  [['add', 'opnai', '--name', 'x', '--file', 'secret'], /no provider "opnai": did you mean openai\?/],
  [['add', 'openai', '--file', 'secret'], /needs a name for the credential/],
  [['add', '--name', 'x'], /needs the name of a provider/],
  [['add', 'openai', '--name', '../x', '--file', 'secret'], /--name: "\.\.\/x" is no name for a credential/],
  [['add', 'openai', '--name', 'x', '--weight', 'much', '--file', 'secret'], /--weight: /],
  [['add', 'openai', '--name', 'x', '--file', 'nowhere'], /nowhere cannot be read \(ENOENT\)/],
  [['add', 'openai', '--name', 'x', '--file', 'weir.yaml'], /The secret must be one word/],
  [['remove', 'openai', '--name', 'fixed'], /is set in weir\.yaml: take it out there/],
  [['remove', 'openai', '--name', 'nobody'], /There is no stored credential "nobody" for openai/],
])('%j is refused', async (args, says) => {
  await expect(weirCredential(args)).rejects.toThrow(says)
})

test('a secret on the command line is refused without being repeated', async () => {
  const refused = weirCredential(['add', 'openai', SECRET, '--name', 'x'])
  await expect(refused).rejects.toThrow(/a secret on the command line is seen by others/)
  await expect(refused).rejects.not.toThrow(SECRET)
})
