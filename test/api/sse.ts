/** A reader of server-sent events that takes them one by one, or not at all. */
import { request, type IncomingMessage } from 'node:http'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface Sse {
  status: number
  headers: IncomingMessage['headers']
  /** The next event of this type; earlier ones of other types are passed over. */
  next(type: string): Promise<EventSourceMessage & { json: any }>
  /** Everything until the server ends the stream. */
  rest(): Promise<EventSourceMessage[]>
  pause(): void
  resume(): void
  close(): void
}

export const openSse = (port: number, path = '/api/live', headers: Record<string, string> = {}): Promise<Sse> =>
  new Promise((resolve, reject) => {
    const out = request({ host: '127.0.0.1', port, path, headers }, (incoming) => {
      const events: EventSourceMessage[] = []
      let wake = () => {}
      let ended = false
      const parser = createParser({
        onEvent(event) {
          events.push(event)
          wake()
        },
      })
      incoming.setEncoding('utf8')
      incoming.on('data', (text: string) => parser.feed(text))
      incoming.on('close', () => {
        ended = true
        wake()
      })
      incoming.on('error', () => {})
      const change = () => new Promise<void>((go) => (wake = go))
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        async next(type) {
          for (;;) {
            const event = events.shift()
            if (event?.event === type) return { ...event, json: JSON.parse(event.data) }
            if (event) continue
            if (ended) throw new Error(`the stream ended before a "${type}" event`)
            await change()
          }
        },
        async rest() {
          while (!ended) await change()
          return events.splice(0)
        },
        pause: () => incoming.pause(),
        resume: () => incoming.resume(),
        close: () => out.destroy(),
      })
    })
    out.on('error', reject)
    out.end()
  })
