// The same as silence.test.ts on the clock on the wall: 301 seconds without a byte, before the headers and in the body.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startProvider } from '../support/provider.ts'
import { startWeir } from '../support/weir.ts'
import { get } from './support.ts'

test('301 s of silence', { timeout: 400_000 }, async () => {
  const provider = await startProvider(async (request, response) => {
    if (request.path.endsWith('/half')) {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 9 })
      response.write('half ')
    }
    await wait(301_000)
    response.end('full')
  })
  const weir = await startWeir({ providers: { openai: provider } })
  onTestFinished(async () => {
    await weir.close()
    await provider.close()
  })
  const [silent, half] = await Promise.all([get(weir, '/openai/silent'), get(weir, '/openai/half')])
  expect([silent.whole, String(silent.body), half.whole, String(half.body)]).toEqual([true, 'full', true, 'half full'])
})
