/**
 * For `node --import`: a clock on which 301 seconds pass in about three. Timers of this process run a hundred times faster, undici's
 * among them (it counts ticks of its own timer, so its five minutes pass in three seconds). As a control, a second undici with its
 * own settings asks the same upstream: when it gives up, five minutes of this clock have passed, and the test is told.
 */
import { isMainThread } from 'node:worker_threads'
import { Agent, request } from 'undici'

const FASTER = 100

if (isMainThread) {
  const { setTimeout: slow, setInterval: slowly } = globalThis
  globalThis.setTimeout = Object.assign(
    (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => slow(run, ms / FASTER, ...given),
    slow,
  )
  globalThis.setInterval = ((run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
    slowly(run, Math.max(1, ms / FASTER), ...given)) as typeof setInterval
  // Deadlines that are looked up rather than counted down must agree.
  const now = performance.now.bind(performance)
  performance.now = () => now() * FASTER

  const control = async (name: string, url: string) => {
    try {
      const { body } = await request(url, { dispatcher: new Agent() })
      await body.text()
      console.log(`control ${name}: answered`)
    } catch (error) {
      console.log(`control ${name}: ${(error as NodeJS.ErrnoException).code}`)
    }
  }
  const url = process.env['WEIR_TEST_CONTROL']!
  void control('headers', `${url}/silent`)
  void control('body', `${url}/half`)
}
