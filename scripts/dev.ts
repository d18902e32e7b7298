/** `npm run dev`: Weir from its TypeScript, restarted at each change, and beside it Vite with the dashboard at /app/. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const start = (args: string[]): ChildProcess => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })

const children = [
  start([
    '--watch-path=server',
    '--watch-path=db',
    '--watch-preserve-output',
    'server/main.ts',
    ...process.argv.slice(2),
  ]),
  start([join('node_modules', 'vite', 'bin', 'vite.js'), 'web']),
]

const stop = () => children.forEach((child) => child.kill('SIGTERM'))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
for (const child of children)
  child.once('exit', (code) => {
    stop()
    process.exitCode ||= code ?? 1
  })
