/** Small writes happen on the calling thread, until the disk shows that it is slow. */
import { mkdtempSync, openSync, readFileSync, rmSync, writevSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createNodeFs } from '../../server/journal/disk.ts'

const openFile = () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-disk-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'file')
  return { path, fd: openSync(path, 'w') }
}

/** A clock that a write at once moves on by `takes` milliseconds. */
const createDisk = () => {
  const disk = { time: 0, takes: 0, atOnce: 0 }
  const fs = createNodeFs({
    now: () => disk.time,
    writeNow: (fd, buffers, position) => {
      disk.atOnce++
      disk.time += disk.takes
      return writevSync(fd, buffers, position)
    },
  })
  let position = 0
  const write = (fd: number, bytes: Buffer) =>
    new Promise<number>((resolve, reject) => {
      fs.writev(fd, [bytes], position, (error, written) => (error ? reject(error) : resolve((position += written))))
    })
  return { disk, fs, write }
}

test('a write that took long sends the next ones through the pool, for ten seconds', async () => {
  const { path, fd } = openFile()
  const { disk, write } = createDisk()
  await write(fd, Buffer.from('one '))
  expect(disk.atOnce).toBe(1)

  disk.takes = 80
  await write(fd, Buffer.from('two '))
  disk.takes = 0
  await write(fd, Buffer.from('three '))
  expect(disk.atOnce).toBe(2)

  disk.time += 10_001
  await write(fd, Buffer.from('four'))
  expect(disk.atOnce).toBe(3)
  expect(readFileSync(path, 'utf8')).toBe('one two three four')
})

test('while a sync is late, no write waits for the disk', async () => {
  const { fd } = openFile()
  const { disk, fs, write } = createDisk()
  const synced = new Promise<Error | null>((resolve) => fs.sync(fd, resolve))
  await Promise.all([
    write(fd, Buffer.from('soon after')).then(() => expect(disk.atOnce).toBe(1)),
    // Still out: its answer can only come in a later turn of the event loop.
    Promise.resolve((disk.time += 1500)).then(() => write(fd, Buffer.from('late'))),
  ])
  expect(disk.atOnce).toBe(1)
  expect(await synced).toBe(null)
  await write(fd, Buffer.from('in time again'))
  expect(disk.atOnce).toBe(2)
})

test('a large write goes through the pool', async () => {
  const { path, fd } = openFile()
  const { disk, write } = createDisk()
  await write(fd, Buffer.alloc(300_000, 'x'))
  expect(disk.atOnce).toBe(0)
  expect(readFileSync(path).length).toBe(300_000)
})

test('a write that fails says so and writes nothing', async () => {
  const { write } = createDisk()
  await expect(write(987_654, Buffer.from('nowhere'))).rejects.toMatchObject({ code: 'EBADF' })
})
