/** The yardstick: the least that a proxy in Node can do, node:http in front and undici.dispatch behind. It keeps nothing. */
import { createServer } from 'node:http'
import { Agent } from 'undici'

const origin = process.argv[2]!
const agent = new Agent({ allowH2: false, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
const HOP = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'])

const keep = (raw: readonly string[]) =>
  raw.flatMap((name, i) => (i % 2 === 0 && !HOP.has(name.toLowerCase()) ? [name, raw[i + 1]!] : []))

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = []
  outgoing.sendDate = false
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    agent.dispatch(
      {
        origin,
        path: incoming.url!,
        method: incoming.method as 'POST',
        headers: keep(incoming.rawHeaders),
        body: chunks.length > 0 ? Buffer.concat(chunks) : null,
      },
      {
        onRequestStart() {},
        onResponseStart(controller, status) {
          const raw = (controller.rawHeaders as Buffer[]).map(String)
          outgoing.writeHead(
            status,
            raw.filter((_, i) => raw[i - (i % 2)]!.toLowerCase() !== 'transfer-encoding'),
          )
        },
        onResponseData(_, bytes) {
          outgoing.write(bytes)
        },
        onResponseEnd: () => void outgoing.end(),
        onResponseError: () => void outgoing.destroy(),
      },
    )
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
