// A journal that is full answers at once, while earlier pieces still wait for their write. The client must get its bytes in their
// order all the same, headers first, and the end last: found by reading, with a disk that takes its time (the real journal over a
// slow file system, behind the real gateway).
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createCache } from '../../server/cache/cache.ts'
import { configSchema } from '../../server/config/config.ts'
import { createDeadlines } from '../../server/gateway/deadlines.ts'
import type { Gateway } from '../../server/gateway/gateway.ts'
import { createGuard } from '../../server/gateway/guard.ts'
import { createHandler } from '../../server/gateway/handle.ts'
import { createRunning } from '../../server/gateway/running.ts'
import { createUpstreams } from '../../server/gateway/upstreams.ts'
import { createJournal } from '../../server/journal/append.ts'
import { createNodeFs } from '../../server/journal/disk.ts'
import { createKeys } from '../../server/policy/keys.ts'
import { createJudging } from '../../server/policy/quality/judging.ts'
import { createRouting } from '../../server/policy/routing.ts'
import { createProviders } from '../../server/providers/registry.ts'
import { openMemoryHouse } from '../limits/support.ts'
import { startProvider } from '../support/provider.ts'
import { get } from './support.ts'

/** Each write takes this long: meanwhile the queue fills up. */
const SLOW_MS = 150

test('pieces that found no room do not overtake those that did', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'weir-order-'))
  const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(3000, `${i}`.padStart(3, '0')))
  const provider = await startProvider(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'x-first': 'yes' })
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    response.end()
  })
  const nodeFs = createNodeFs()
  const config = configSchema.parse({ providers: { openai: { baseUrl: provider.url } } })
  const journal = await createJournal({
    dir,
    ...config.journal,
    queueBytes: 20_000,
    fs: { ...nodeFs, writev: (...given) => void setTimeout(() => nodeFs.writev(...given), SLOW_MS) },
  })
  const upstreams = createUpstreams(config, { httpProxy: null, httpsProxy: null, noProxy: null })
  const rules = { config, providers: createProviders(config), routes: null, isTrustedProxy: () => false }
  const gateway: Gateway = {
    rules: () => rules,
    journal,
    upstreams,
    running: createRunning(),
    deadlines: createDeadlines(),
    cache: createCache({ dir: join(dir, 'cache'), config: () => config.cache }),
    routing: createRouting(),
    judging: createJudging({ workerUrl: new URL('../../server/policy/quality/worker.ts', import.meta.url) }),
    priceOf: async () => null,
    guard: createGuard(Buffer.alloc(0)),
    recall: async () => null,
    ledger: (await openMemoryHouse([])).ledger,
    isAdminToken: () => false,
    keys: createKeys(),
    nameCredential: () => '',
    content: () => true,
    buffered: { bytes: 0 },
    refusesUsage: new Set(),
    knownModels: async () => [],
    inContainer: false,
    draining: () => false,
  }
  const server = createServer((incoming, outgoing) => void createHandler(gateway)(incoming, outgoing)).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await provider.close()
    await upstreams.close()
    await journal.close()
    await rm(dir, { recursive: true, force: true })
  })

  const answers = await Promise.all(
    Array.from({ length: 3 }, () => get(server.address() as AddressInfo, '/openai/v1/x')),
  )
  for (const answer of answers) {
    expect([answer.statusLine, answer.header('x-first'), answer.whole]).toEqual(['HTTP/1.1 200 OK', 'yes', true])
    expect(answer.body.equals(Buffer.concat(pieces))).toBe(true)
  }
  // The story is only told where something was really given up.
  expect(journal.counters().bodiesShed).toBeGreaterThan(0)
})
