/**
 * When the recorder does what: take the data folder's lock, open the database, record until nothing is left, clear away what is
 * safe, sleep until the journal rings. How each is done stands beside this file.
 */
import { openStore } from '../../db/open.ts'
import type { Store } from '../../db/store.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { credentialSecret } from '../data-folder.ts'
import { acquireRecorderLock, type Lock } from '../journal/lock.ts'
import { createDetector, type Detector } from '../loops/detector.ts'
import { NO_LOOPS } from '../loops/settings.ts'
import { createBodies } from './bodies.ts'
import { createCommitter } from './commit.ts'
import { createDanger, type Danger } from './danger.ts'
import { explainFault } from './fault.ts'
import { createHousekeeping } from './housekeeping.ts'
import type { FromRecorder, RecorderOptions, ToRecorder } from './messages.ts'
import { createPatient } from './patient.ts'
import { createPace, MOST } from './pace.ts'
import { createRetention } from './retention.ts'
import { createRound } from './round.ts'
import { createSource } from './source.ts'
import { createHasher } from '../sessions/chain.ts'
import { createThreader } from '../sessions/threader.ts'
import { createStatus } from './status.ts'
import { createSteps } from './steps.ts'
import { createWake } from './wake.ts'

/** Another process records for this folder: how often to see whether it has ended. */
const LOCK_EVERY_MS = 1000
/** Calls end in bursts; a short rest after the first of them makes one transaction of many, at no cost that a person sees. */
const LINGER_MS = 20
const BREATHE_MS = 50
/** Asked to end while the database does not answer: how long to try before leaving the rest to the next start. */
const LAST_TRIES_MS = 3000

export interface RecorderDeps {
  post(message: FromRecorder): void
  /** The next waiting message, taken at once; null: none. In a worker messages would else wait for the end of the round. */
  pull?(): ToRecorder | null
  now?(): number
  /** For tests: a store with faults, a reader with faults. */
  openStore?(): Store | Promise<Store>
  dialect?(name: string): Dialect
}

export interface RecorderThread {
  receive(message: ToRecorder): void
  /** Resolves after `stop`, when all is recorded (or the database would not answer) and all is closed. */
  run(): Promise<void>
}

export const createRecorder = (options: RecorderOptions, deps: RecorderDeps): RecorderThread => {
  const { post, now = Date.now, pull = () => null } = deps
  const wake = createWake(options.wake)
  const bodies = createBodies({ perDirection: options.capture.maxBytes })
  const steps = createSteps(options, deps.dialect)
  const status = createStatus((current) => post({ type: 'status', status: current }))
  const prunes: number[] = []
  let retention = options.retention
  let onSettings = () => {}
  let loopSettings = options.loops ?? NO_LOOPS
  let detector: Detector | null = null
  const stopped = Promise.withResolvers<void>()
  let stopAt: number | null = null
  let owner = false
  let listened = false
  let charges = false

  const taken = new Int32Array(options.taken ?? new ArrayBuffer(4))
  const receive = (message: ToRecorder) => {
    if (message.type === 'body') Atomics.add(taken, 0, message.bytes.length)
    // Without the lock another process's recorder will record these calls, and what they said does not reach it.
    if (message.type === 'body' && owner) bodies.add(message.callId, message.direction, message.bytes)
    else if (message.type === 'stop') {
      stopAt ??= now()
      stopped.resolve()
    } else if (message.type === 'prune') prunes.push(message.id)
    else if (message.type === 'listen') listened = message.on
    else if (message.type === 'charges') charges = message.on
    else if (message.type === 'finding') detector?.mark(message.id, message.state)
    else if (message.type === 'settings') {
      steps.set(message.settings)
      bodies.limitTo(message.settings.capture.maxBytes)
      retention = message.settings.retention
      loopSettings = message.settings.loops ?? NO_LOOPS
      detector?.configure(loopSettings)
      onSettings()
    }
    if (message.type !== 'body') wake.ring()
  }
  const drain = () => {
    for (let message = pull(); message; message = pull()) receive(message)
  }
  /** Not cut short by new calls: a database that is down must not be asked at their pace. */
  const pause = (ms: number) => (stopAt === null ? Promise.race([tick(ms), stopped.promise]) : tick(Math.min(ms, 100)))
  const giveUp = () => stopAt !== null && now() - stopAt > LAST_TRIES_MS

  /** SQLite answers at once, so a backlog would be recorded without ever letting timers and messages in. */
  let breathedAt = 0
  const breathe = async () => {
    if (performance.now() - breathedAt < BREATHE_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    breathedAt = performance.now()
  }

  const takeLock = async (): Promise<Lock | null> => {
    for (;;) {
      const lock = acquireRecorderLock(options.dataDir)
      if (lock || stopAt !== null) return lock
      await pause(LOCK_EVERY_MS)
    }
  }

  const open = async (): Promise<Store | null> => {
    const openNow = deps.openStore ?? (() => openStore(options))
    for (let wait = 100; ; wait = Math.min(5000, wait * 2)) {
      try {
        return await openNow()
      } catch (error) {
        status.update({ problem: explainFault(error) })
        await pause(wait)
        if (stopAt !== null) return null
      }
    }
  }

  const record = async (store: Store, danger: Danger) => {
    const source = await createSource({ dataDir: options.dataDir, store })
    const keeper = createRetention(store, retention, now())
    onSettings = () => keeper.set(retention)
    const house = createHousekeeping({ dataDir: options.dataDir, store, source, status, retention: keeper, now })
    const onProblem = (problem: string | null) => status.update({ problem, behindMs: source.behindMs(now()) })
    const committer = createCommitter({
      store,
      toRaw: steps.toRawRow,
      onProblem,
      pause: (ms) => house.makeRoom().then(() => pause(ms)),
      giveUp,
    })
    detector = createDetector({
      settings: loopSettings,
      loopKey: options.loopKey ?? new Uint8Array(0),
      known: async (sessionId, lane) => store.findingOf(sessionId, lane),
    })
    const patient = createPatient({ onProblem, pause, giveUp })
    const { threads } = store
    const threader = createThreader({
      hasher: createHasher(credentialSecret(options.dataDir, options.credentialNamesKey ?? null)),
      store: {
        heads: (hashes) => patient(() => threads.heads(hashes)),
        headsOf: (pks) => patient(() => threads.headsOf(pks)),
        lanes: (sessionIds) => patient(() => threads.lanes(sessionIds)),
        callsOf: (sessionId, most) => patient(() => threads.callsOf(sessionId, most)),
      },
    })
    const pulse = new Int32Array(options.pulse ?? new ArrayBuffer(8))
    const round = createRound({
      source,
      steps,
      committer,
      detect: detector.look,
      thread: threader.place,
      danger,
      bodies,
      pace: createPace(),
      drain,
      post,
      listened: () => listened,
      charges: () => charges,
      now,
      pulse,
    })
    await house.begin()
    post({ type: 'ready' })

    for (;;) {
      const seen = wake.seen()
      drain()
      const result = await round(stopAt !== null)
      if (result === 'gone') return source.close()
      if (result === 'recorded') {
        await house.afterRound()
        await breathe()
      } else if (stopAt !== null) return house.end().finally(source.close)
      else if (prunes.length > 0)
        post({ type: 'pruned', id: prunes.shift() as number, ...(await keeper.all(now, () => round(false))) })
      else {
        await house.whenIdle()
        await wake.sleep(seen, house.restMs())
        if (stopAt === null) await tick(LINGER_MS)
      }
    }
  }

  return {
    receive,
    run: async () => {
      const lock = await takeLock()
      if (lock) {
        owner = true
        const danger = createDanger({ dataDir: options.dataDir, crashed: options.crashed === true, span: MOST.calls })
        const store = await open()
        if (store) {
          await record(store, danger)
          await store.close()
        }
        danger.close()
        lock.release()
      }
      if (owner) status.flush()
      status.close()
      post({ type: 'stopped' })
    },
  }
}

const tick = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
