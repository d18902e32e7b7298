// `generate: false` warms a Responses socket up: nothing is generated, so what the provider counts is not this call's usage.
import { expect, test } from 'vitest'
import { connect, rowsOf, startSocketProvider } from '../support/sockets.ts'
import { startWeir } from '../support/weir.ts'

test('a warm-up is a call without usage, a response after it has its own', async () => {
  const provider = await startSocketProvider()
  const weir = await startWeir({ providers: { openai: provider.url } })
  let n = 0
  provider.onFrame((ws) =>
    ws.send(
      JSON.stringify({
        type: 'response.completed',
        response: {
          id: `resp_${++n}`,
          status: 'completed',
          model: 'gpt-5-mini',
          output: [],
          usage: { input_tokens: 11, output_tokens: 3, total_tokens: 14 },
        },
      }),
    ),
  )
  const client = await connect(weir, '/openai/v1/responses')
  // A tool may have a parameter of this name: only the top level counts.
  client.send({ type: 'response.create', generate: false, model: 'gpt-5-mini', input: 'warm' })
  client.send({ type: 'response.create', model: 'gpt-5-mini', input: 'go', metadata: { generate: false } })
  await client.saw('resp_2')
  client.ws.close()
  const { turns } = await rowsOf(weir, 0, 2)
  await weir.close()
  await provider.close()
  expect(turns.map(({ operation, outcome, model, usage }) => ({ operation, outcome, model, usage }))).toEqual([
    { operation: 'responses', outcome: 'ok', model: 'gpt-5-mini', usage: { input: 11, output: 3 } },
    { operation: 'warmup', outcome: 'ok', model: 'gpt-5-mini', usage: null },
  ])
})
