/**
 * Other gateways in the same run over the same upstream: Portkey's (npm) and LiteLLM's proxy (pip). They are installed into a cache
 * folder of this machine, never into the project; what cannot be installed or started is named and left out.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Running, startPinned } from './processes.ts'
import type { Subject } from './subjects.ts'

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'weir-bench')

export async function startPeers(upstream: Running, cores: string): Promise<Subject[]> {
  const peers: Subject[] = []
  for (const start of [portkey, litellm]) {
    try {
      peers.push(await start(upstream, cores))
    } catch (error) {
      console.error(`left out: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return peers
}

async function portkey(upstream: Running, cores: string): Promise<Subject> {
  const folder = join(cache, 'portkey')
  const entry = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  mkdirSync(folder, { recursive: true })
  if (!existsSync(entry)) install('npm', ['install', '--prefix', folder, '--no-save', '@portkey-ai/gateway'])
  const port = 18_787
  const running = await startPinned(
    cores,
    [process.execPath, entry, `--port=${port}`, '--headless'],
    answering(`http://127.0.0.1:${port}/`, port),
  )
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `http://127.0.0.1:${upstream.port}/v1` }
  return {
    name: 'Portkey (stores nothing)',
    pid: running.child.pid!,
    headers,
    url: () => `http://127.0.0.1:${port}/v1/chat/completions`,
    stored: null,
    stop: running.stop,
  }
}

async function litellm(upstream: Running, cores: string): Promise<Subject> {
  const folder = join(cache, 'litellm')
  const python = join(folder, 'bin/python')
  if (!existsSync(join(folder, 'bin/litellm'))) {
    install('python3', ['-m', 'venv', folder])
    install(python, ['-m', 'pip', 'install', '--quiet', 'litellm[proxy]'])
  }
  const settings = join(folder, 'config.yaml')
  writeFileSync(
    settings,
    `model_list:\n  - model_name: gpt-5-mini\n    litellm_params: { model: openai/gpt-5-mini, api_base: "http://127.0.0.1:${upstream.port}/v1", api_key: sk-bench }\n`,
  )
  const port = 18_788
  const running = await startPinned(
    cores,
    [join(folder, 'bin/litellm'), '--config', settings, '--port', String(port), '--host', '127.0.0.1'],
    answering(`http://127.0.0.1:${port}/health/liveliness`, port),
    // It refuses to start without a key of its own: it gets the one that the load shows.
    {
      LITELLM_TELEMETRY: 'False',
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      LITELLM_MASTER_KEY: 'sk-bench-0123456789abcdef',
    },
  )
  return {
    name: 'LiteLLM (stores nothing)',
    pid: running.child.pid!,
    url: () => `http://127.0.0.1:${port}/v1/chat/completions`,
    stored: null,
    stop: running.stop,
  }
}

function install(command: string, args: string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 600_000 })
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${(done.stderr || done.error?.message || '').slice(-300)}`)
}

const answering = (url: string, port: number) => async () => {
  const until = Date.now() + 60_000
  while (Date.now() < until) {
    const answer = await fetch(url).catch(() => null)
    if (answer) return port
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`nothing answered at ${url} within 60 s`)
}
