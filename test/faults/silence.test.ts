// A model may think for longer than five minutes without a byte. undici would end both waits (headers, body) after 300 s; Weir has
// switched that off and keeps its own deadlines. Proved on a clock that runs a hundred times faster, with undici's defaults as control:
// only when they have given up in the same process does the upstream speak. (silence.prove.test.ts waits for real.)
import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProvider } from '../support/provider.ts'
import { startProcess } from '../support/process.ts'

test(
  'an upstream that is silent for more than 300 s, before its headers or in its body, is waited for',
  { timeout: 60_000 },
  async () => {
    const waiting: ServerResponse[] = []
    const provider = await startProvider((request, response) => {
      waiting.push(response)
      if (!request.path.endsWith('/half')) return
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 9 })
      response.write('half ')
    })
    const dataDir = await mkdtemp(join(tmpdir(), 'weir-silence-'))
    const weir = await startProcess({
      dataDir,
      providers: { openai: provider.url },
      env: { WEIR_TEST_CONTROL: provider.url },
      nodeArgs: ['--import', new URL('./fast-clock.ts', import.meta.url).href],
    })
    onTestFinished(async () => {
      await weir.kill()
      await provider.close()
      await rm(dataDir, { recursive: true, force: true })
    })
    const [silent, half] = ['silent', 'half'].map((path) =>
      fetch(`${weir.url}/openai/${path}`).then(async (answer) => [answer.status, await answer.text()]),
    )
    await Promise.all([
      weir.said(/control headers: UND_ERR_HEADERS_TIMEOUT/),
      weir.said(/control body: UND_ERR_BODY_TIMEOUT/),
    ])
    for (const response of waiting) response.end('full')
    expect(await half).toEqual([200, 'half full'])
    expect(await silent).toEqual([200, 'full'])
  },
)
