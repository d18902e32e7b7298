/**
 * Builds the harness as the dashboard is built, and serves it under a content policy as strict as the dashboard's. `asked` is every request
 * that reached it: a test can tell that nothing else was wanted.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { cases } from './cases/all.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}

export interface Harness {
  url: string
  files: { name: string; bytes: number; source: string }[]
  close(): Promise<void>
}

export async function serveHarness({ port = 0 } = {}): Promise<Harness> {
  const outDir = await mkdtemp(join(tmpdir(), 'weir-harness-'))
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('.', import.meta.url)),
    base: './',
    plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  })
  const files = ('output' in built ? built.output : []).map((o) => ({
    name: o.fileName,
    bytes: (o.type === 'chunk' ? o.code : String(o.source)).length,
    source: o.type === 'chunk' ? o.code : String(o.source),
  }))
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    const found = /^\/case\/(\w+)$/.exec(path)?.[1]
    if (found && cases[found])
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(cases[found]))
    const name = path.replace(/^\/app\/?/, '') || 'index.html'
    try {
      const bytes = await readFile(join(outDir, name.replaceAll('..', '')))
      response
        .setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream')
        .setHeader('content-security-policy', POLICY)
        .end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/app/`,
    files,
    async close() {
      server.closeAllConnections()
      server.close()
      await rm(outDir, { recursive: true, force: true })
    },
  }
}
