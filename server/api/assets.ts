/**
 * /app: the built dashboard. One build serves every base path: the page's <base> is set as it is sent, and all its addresses are
 * relative. The content policy allows no inline script or style and no other origin, since the pages show what models wrote.
 */
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AppDeps } from './deps.ts'
import { ApiError } from './problem.ts'
import type { ApiEnv } from './routes.ts'

const SELF = ["'self'"]
const NONE = ["'none'"]

/** Images and sounds of a conversation are data: and blob: addresses; nothing is fetched from elsewhere. */
const policy = {
  defaultSrc: NONE,
  scriptSrc: SELF,
  styleSrc: SELF,
  fontSrc: SELF,
  connectSrc: SELF,
  manifestSrc: SELF,
  workerSrc: SELF,
  imgSrc: ["'self'", 'data:', 'blob:'],
  mediaSrc: ["'self'", 'data:', 'blob:'],
  baseUri: SELF,
  formAction: SELF,
  frameAncestors: NONE,
}

/** Vite puts a hash of the content into these names. */
const HASHED = /\/assets\/[^/]+-[\w-]{8,}\.\w+$/
/** What asks for a file, not for a page; ids in pages' addresses may have dots, but no such ends. */
const FILE = /\/assets\/|\.(js|css|map|svg|png|ico|woff2?|json|txt|webmanifest)$/
const BASE = /<base href="[^"]*"\s*\/?>/

export const assetRoutes = ({ assets, config }: Pick<AppDeps, 'assets' | 'config'>) => {
  let files: MiddlewareHandler<ApiEnv> | null = null
  let page: { html: string; changed: number } | null = null

  const index = (): string => {
    const path = join(assets, 'index.html')
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (changed === undefined)
      throw new ApiError('not_built', 'There is no built dashboard beside this server.', {
        help: 'In a checkout, run `npm run build`. An installed package has it: reinstall weir-gateway.',
      })
    if (page?.changed !== changed) {
      const base = `<base href="${config().basePath}/app/" />`
      page = { html: readFileSync(path, 'utf8').replace(BASE, base), changed }
    }
    return page.html
  }

  const app = new Hono<ApiEnv>()
  app.use(
    secureHeaders({
      contentSecurityPolicy: policy,
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      // Would bind the host name to https for other ports too; whoever terminates TLS may set it.
      strictTransportSecurity: false,
      xXssProtection: false,
    }),
  )
  app.get('/*', (c, next) => {
    // Made when first needed: it complains about a folder that is not there, and `index` says that better.
    files ??= existsSync(assets) ? createFiles(assets) : null
    if (files === null || c.req.path.endsWith('/index.html')) return next()
    // Set before: what is sent is made before serveStatic tells what it found.
    c.header('cache-control', HASHED.test(c.req.path) ? 'public, max-age=31536000, immutable' : 'no-cache')
    return files(c, next)
  })
  // Every other address is a page of the app, which routes by itself; a missing file is not.
  app.get('/*', (c) => {
    if (FILE.test(c.req.path) && !c.req.path.endsWith('/index.html'))
      throw new ApiError('not_found', 'The dashboard has no such file.')
    return c.html(index(), 200, { 'cache-control': 'no-cache' })
  })
  return app
}

const createFiles = (root: string) =>
  serveStatic<ApiEnv>({
    root,
    precompressed: true,
    index: 'no-folder-has-an-index',
    rewriteRequestPath: (path) => path.slice(path.indexOf('/app/') + '/app'.length),
  })
