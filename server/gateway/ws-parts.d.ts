/** ws exports the parts that it is made of; its type package does not know them yet. https://github.com/websockets/ws/blob/master/wrapper.mjs */
import type { Writable } from 'node:stream'

declare module 'ws' {
  export class Receiver extends Writable {
    constructor(options: {
      isServer?: boolean
      extensions?: Record<string, PerMessageDeflate>
      maxPayload?: number
      skipUTF8Validation?: boolean
    })
  }
  export class PerMessageDeflate {
    constructor(options: { isServer?: boolean; maxPayload?: number })
    params: Record<string, number | boolean> | null
    cleanup(): void
  }
  export const extension: {
    parse(header: string): Record<string, Record<string, (string | true)[]>[]>
  }
}
