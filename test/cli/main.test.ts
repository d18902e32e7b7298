// The command as a person types it: what it prints, and the exit code that scripts look at.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const main = join(import.meta.dirname, '../../server/main.ts')

const createFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const weir = (
  args: string[],
  { cwd = createFolder(), env = {} }: { cwd?: string; env?: Record<string, string> } = {},
) => {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WEIR_')))
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    env: { ...own, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr, cwd }
}

test('weir --version says the version of package.json, weir --help the commands', () => {
  expect(weir(['--version'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  })
  expect(weir(['--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('weir config check'),
    stderr: '',
  })
})

test('a mistyped option ends with the nearest name and exit code 2, and nothing is created', () => {
  const { cwd, ...result } = weir(['--prot', '9000'])
  expect(result).toEqual({ status: 2, stdout: '', stderr: '--prot is not an option: did you mean --port?\n' })
  expect(existsSync(join(cwd, 'data'))).toBe(false)
})

test('weir config check prints every mistake with its line, exit code 1; a right file is said to be right', () => {
  const cwd = createFolder()
  writeFileSync(join(cwd, 'weir.yaml'), 'prot: 1\nretention: { content: 30 }\n')
  const wrong = weir(['config', 'check'], { cwd, env: { WEIR_PROT: '2' } })
  expect(wrong).toMatchObject({ status: 1, stdout: '' })
  expect(wrong.stderr.split('\n').slice(0, 2)).toEqual([
    'The configuration has 3 mistakes:',
    '  WEIR_PROT  is not an option: did you mean WEIR_PORT?',
  ])
  expect(wrong.stderr).toContain('  weir.yaml:1:1  prot is not an option: did you mean port?')
  expect(wrong.stderr).toContain('  weir.yaml:2:14  retention.content: 30 is not a duration')

  writeFileSync(join(cwd, 'right.yaml'), 'port: 9001\nproviders: { groq: {} }\n')
  const right = weir(['config', 'check', '--config', 'right.yaml'], { cwd })
  expect(right).toMatchObject({ status: 0, stderr: '' })
  expect(right.stdout).toMatch(/right\.yaml is right\.\n {2}listens on {2}127\.0\.0\.1:9001\n/)
})

test('weir does not start with a wrong configuration', () => {
  const { status, stderr } = weir([], { env: { WEIR_PORT: 'http' } })
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'The configuration has a mistake:\n  WEIR_PORT  port: "http" is not a whole number from 0 to 65535\n',
  })
})

test('weir admin token --new prints a token alone on standard output, each time another', () => {
  const cwd = createFolder()
  const [first, second] = [weir(['admin', 'token', '--new'], { cwd }), weir(['admin', 'token', '--new'], { cwd })]
  for (const { status, stdout } of [first, second]) {
    expect(status).toBe(0)
    expect(stdout).toMatch(/^wa_[\w-]{43}\n$/)
  }
  expect(first!.stdout).not.toBe(second!.stdout)
  expect(statSync(join(cwd, 'data/admin.json')).mode & 0o077).toBe(0)
  expect(weir(['admin', 'token'], { cwd })).toMatchObject({ status: 2 })
  const configured = weir(['admin', 'token', '--new'], { cwd, env: { WEIR_ADMIN_TOKEN: 'set-in-the-environment' } })
  expect(configured).toMatchObject({ status: 1, stdout: '' })
  expect(configured.stderr).toMatch(/set by the configuration/)
})

test('weir prune and weir export say what is missing where there is nothing', () => {
  expect(weir(['prune'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^There is no data folder .*data: name it with --data\.\n$/),
  })
  expect(weir(['export'])).toMatchObject({ status: 1, stdout: '' })
  expect(weir(['export', '--format', 'xml'])).toMatchObject({
    status: 2,
    stderr: '--format xml is not one of jsonl, csv\n',
  })
  expect(weir(['export', '--from', '1d', '--to', '2d'])).toMatchObject({
    status: 2,
    stderr: '--from must be before --to\n',
  })
})
