/**
 * The life of a call. Every call takes this road and no other; a step that is not named here does not exist.
 * What happens after the answer (decode, price, store, publish) is the recorder's: see recorder/record.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { admit } from './admit.ts'
import { fromCache } from './cache.ts'
import { finish } from './finish.ts'
import { forward } from './forward.ts'
import type { Gateway } from './gateway.ts'
import { guard } from './guard.ts'
import { identify } from './identify.ts'
import { ingress } from './ingress.ts'
import { openCall } from './live.ts'
import { answerModels, asksForModels } from './models.ts'
import { refuse } from './refuse.ts'
import { isLimited, reserve } from './reserve.ts'
import { start } from './start.ts'
import { isPacked, unpackForModel } from './unpack.ts'

export type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

export const createHandler =
  (gateway: Gateway): Handler =>
  async (incoming, outgoing) => {
    const call = openCall(incoming, outgoing, gateway.rules())
    gateway.running.add(call)
    try {
      await ingress(call, gateway) // key on headers first, then the body
      if (isPacked(call)) await unpackForModel(call)
      identify(call, gateway) // provider, dialect, operation, model, tags: one scan, no parse
      admit(call, gateway) // credential and key: may this call go on?
      if (gateway.guard.active) await guard(call, gateway) // does its run turn in circles?
      if (isLimited(call, gateway)) await reserve(call, gateway) // limits and budgets: is there room for it?
      await start(call, gateway) // the journal's `start`, before anything goes upstream
      if (asksForModels(call)) await answerModels(call, gateway)
      else if (call.rules.config.cache.mode === 'off' || !(await fromCache(call, gateway))) await forward(call, gateway)
    } catch (error) {
      refuse(call, error) // the dialect's own error shape, if the client has seen nothing yet
    } finally {
      await finish(call, gateway) // the journal's `end`, then the response ends; the only place where it does
    }
  }
