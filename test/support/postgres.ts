/**
 * A real Postgres server for tests: a cluster of its own in a temporary folder, on a socket-less free port, ended with the tests.
 * Where the server's programs are not installed the tests are skipped, and say so; with WEIR_TEST_ALL=1 that is a failure.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

export interface Postgres {
  /** A new, empty database. */
  create(): Promise<string>
  close(): Promise<void>
}

/** Folder with initdb and postgres, or null. */
export const postgresPrograms = (): string | null => {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

/** Why there is no Postgres to test on, or null. Throws when all tests were asked for. */
export const whyNoPostgres = (): string | null => {
  if (postgresPrograms()) return null
  const reason = 'Postgres’ server programs (initdb, postgres) are not installed: the tests on Postgres are skipped'
  if (process.env['WEIR_TEST_ALL'] === '1') throw new Error(reason)
  return reason
}

export const startPostgres = async (): Promise<Postgres> => {
  const programs = postgresPrograms()
  if (!programs) throw new Error('no Postgres: ask whyNoPostgres() first')
  const folder = mkdtempSync(join(tmpdir(), 'weir-postgres-'))
  const owner = otherUser()
  if (owner) execFileSync('chown', [`${owner.uid}:${owner.gid}`, folder])
  const data = join(folder, 'data')
  const asOwner = { ...owner, cwd: folder, stdio: 'ignore' as const, env: { PATH: process.env['PATH'], LC_ALL: 'C' } }
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'weir', '-A', 'trust', '-E', 'UTF8', '--no-sync'], asOwner)
  const port = await freePort()
  const flags = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'listen_addresses=127.0.0.1',
    `port=${port}`,
  ]
  flags.push(`unix_socket_directories=${folder}`, 'shared_buffers=32MB', 'max_connections=50')
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...flags.flatMap((flag) => ['-c', flag])], asOwner)
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  // A test run that ends early takes its server along.
  const abandon = () => void server.kill('SIGQUIT')
  process.once('exit', abandon)
  const url = (name: string) => `postgres://weir@127.0.0.1:${port}/${name}`
  await ready(url('postgres'), ended)
  let count = 0
  return {
    create: async () => {
      const name = `t${++count}`
      await ask(url('postgres'), `create database ${name}`)
      return url(name)
    },
    close: async () => {
      process.off('exit', abandon)
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Postgres refuses to run as root: `nobody` then. */
function otherUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The server opens its port some time after it was started, and there is no event to wait for: asked until it answers. */
async function ready(url: string, ended: Promise<void>): Promise<void> {
  let alive = true
  void ended.then(() => (alive = false))
  for (const until = Date.now() + 30_000; Date.now() < until && alive;) {
    try {
      return await ask(url, 'select 1')
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(alive ? 'Postgres did not start within 30 s' : 'Postgres ended while starting')
}
