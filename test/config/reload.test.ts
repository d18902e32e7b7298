// A changed weir.yaml comes into force without a restart; a wrong one changes nothing and says so; what needs a restart says so.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createConfigSource } from '../../server/config/reload.ts'
import { createFolder } from './folder.ts'

const open = (
  yaml: string | null,
  { every = 3_600_000, env = {} }: { every?: number; env?: Record<string, string> } = {},
) => {
  const folder = createFolder()
  if (yaml !== null) folder.write('weir.yaml', yaml)
  const said: string[] = []
  const source = createConfigSource({
    file: null,
    env,
    argv: {},
    cwd: folder.path,
    every,
    say: (line) => said.push(line),
  })
  onTestFinished(() => source.close())
  return { folder, source, said }
}

test('a change of content is taken and told, a new date alone is not', async () => {
  const { folder, source } = open('capture: { bodies: full }\n')
  const heard: string[] = []
  source.onChange((config) => heard.push(config.capture.bodies))
  folder.write('weir.yaml', 'capture: { bodies: full }\n')
  await source.check()
  expect(heard).toEqual([])
  folder.write('weir.yaml', 'capture: { bodies: metadata }\n')
  await source.check()
  expect(heard).toEqual(['metadata'])
  expect(source.current().capture.bodies).toBe('metadata')
  expect(source.problems()).toEqual([])
})

test('a wrong file keeps the last good one in force and says why, until it is right again', async () => {
  const { folder, source, said } = open('usage: { inject: on }\n')
  folder.write('weir.yaml', 'usage: { injekt: off }\n')
  await source.check()
  expect(source.current().usage.inject).toBe('on')
  expect(source.problems().join('\n')).toMatch(
    /last good one stays in force[\s\S]*weir\.yaml:1:10 {2}usage\.injekt is not an option: did you mean inject\?/,
  )
  expect(said).toEqual(source.problems())
  await source.check()
  expect(said, 'the same problem is told once').toHaveLength(2)
  folder.write('weir.yaml', 'usage: { inject: off }\n')
  await source.check()
  expect(source.current().usage.inject).toBe('off')
  expect(source.problems()).toEqual([])
})

test('port, host, data, database, basePath and journal keep their value and ask for a restart; the rest of the file counts', async () => {
  const { folder, source } = open('port: 9001\n')
  folder.write('weir.yaml', 'port: 9002\nbasePath: /weir\nclientIp: true\njournal: { fsync: always }\n')
  await source.check()
  expect(source.current()).toMatchObject({ port: 9001, basePath: '', clientIp: true })
  expect(source.problems()).toEqual([
    'port has changed in the configuration: restart Weir to make it so.',
    'basePath has changed in the configuration: restart Weir to make it so.',
    'journal has changed in the configuration: restart Weir to make it so.',
  ])
  folder.write('weir.yaml', 'port: 9001\nclientIp: true\n')
  await source.check()
  expect(source.problems()).toEqual([])
})

test('a file that is renamed into place, that goes, or that comes later is seen', async () => {
  const { folder, source } = open(null)
  folder.write('next.yaml', 'clientIp: true\n')
  renameSync(join(folder.path, 'next.yaml'), join(folder.path, 'weir.yaml'))
  await source.check()
  expect(source.current().clientIp).toBe(true)
  rmSync(join(folder.path, 'weir.yaml'))
  await source.check()
  expect(source.current().clientIp).toBe(true)
  expect(source.problems().join()).toMatch(/there is no such file/)
})

test('a secret that changes in its own file, or is missing for a while, comes into force', async () => {
  const { folder, source } = open('clientIp: true\n')
  folder.write('weir.yaml', 'providers: { openai: { apiKeyFile: key } }\n')
  await source.check()
  expect(source.problems().join()).toMatch(/cannot be read \(ENOENT\)/)
  for (const secret of ['sk-1', 'sk-2']) {
    folder.write('key', `${secret}\n`)
    await source.check()
    expect(source.current().providers['openai']?.apiKey).toBe(secret)
  }
})

test('SIGHUP asks at once, and the clock asks by itself', async () => {
  const hung = open('clientIp: false\n')
  const first = new Promise((done) => hung.source.onChange(done))
  hung.folder.write('weir.yaml', 'clientIp: true\n')
  process.kill(process.pid, 'SIGHUP')
  await first

  const timed = open('clientIp: false\n', { every: 20 })
  const second = new Promise((done) => timed.source.onChange(done))
  timed.folder.write('weir.yaml', 'clientIp: true\n')
  await second
  expect([hung, timed].map(({ source }) => source.current().clientIp)).toEqual([true, true])
})
