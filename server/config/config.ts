/**
 * weir.yaml: one schema, from which come the checks, the defaults, the type that the server works with and the JSON schema
 * that editors use. What comes out has its defaults filled, sizes in bytes and durations in milliseconds. Users keep this file
 * for years: a name here is never renamed, and a name of a later version is refused by name instead of being passed over.
 */
import { resolve } from 'node:path'
import { z } from 'zod'
import { baseUrlProblem } from './address.ts'
import { alerts } from './alerts.ts'
import { cache, semanticProblem } from './cache.ts'
import { KEY_MATERIALS, keyMaterials } from './key-material.ts'
import { keysConfig } from './keys.ts'
import { limitSchema } from './limits.ts'
import { loops } from './loops.ts'
import { nearest } from './nearest.ts'
import { priceOverride } from './price-override.ts'
import { builtinProviders } from '../providers/builtin.ts'
import { RESERVED_SEGMENTS } from './names.ts'
import { routeProblems, routes } from './routes.ts'
import { amount, duration, durationOrOff, flag, oneOf, size, sizeOrOff, whole } from './units.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30

const connect = duration().describe('To reach the provider: name, TCP and TLS.')
const headers = duration().describe(
  'From the request to the response headers; reasoning models think before they answer.',
)
const firstEvent = duration().describe('From the headers to the first event of a stream.')
const idle = duration().describe('Longest silence within an answer.')
const total = durationOrOff().describe('For the whole attempt; off: no limit.')

const timeouts = z.strictObject({
  connect: connect.prefault('10s'),
  headers: headers.prefault('15m'),
  firstEvent: firstEvent.prefault('15m'),
  idle: idle.prefault('10m'),
  total: total.prefault('off'),
})
const someTimeouts = z.strictObject({ connect, headers, firstEvent, idle, total }).partial()

const bodies = oneOf('full', 'metadata', 'off')
const inject = oneOf('off', 'on').describe(
  'Ask OpenAI-style streams for usage, and take the extra event out again. Not set: off at a provider’s own address, on under /v1 for providers known to accept it.',
)
const pem = z.string().min(1).describe('PEM text, or the path of a PEM file.')

const provider = z
  .strictObject({
    baseUrl: z
      .string()
      .min(1)
      .optional()
      .describe('Scheme, host and base path; the rest of the client’s path follows.'),
    dialect: oneOf('openai', 'anthropic', 'gemini').optional().describe('What a provider that is not built in speaks.'),
    apiKey: z.string().min(1).optional().describe('Weir’s own credential, for calls that show a Weir key.'),
    apiKeys: z
      .array(
        z.strictObject({
          name: z.string().min(1).optional().describe('For messages, and for credential: of a route’s target.'),
          key: z.string().min(1),
          weight: amount().prefault(1),
          models: z
            .array(z.string().min(1))
            .min(1)
            .optional()
            .describe('Models that it may be used for, such as gpt-5*.'),
        }),
      )
      .optional()
      .describe('Several credentials: a route goes on to the next when one is refused or limited.'),
    headers: z.record(z.string().min(1), z.string()).optional().describe('Added to every request.'),
    proxy: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('HTTP proxy for this provider only.'),
    capture: bodies.optional(),
    usage: z.strictObject({ inject }).optional(),
    timeouts: someTimeouts.optional(),
    billing: oneOf('metered', 'subscription', 'committed', 'free').optional(),
    models: z.array(z.string().min(1)).optional().describe('Model names for /v1/models, where no list is known.'),
    tls: z.strictObject({ ca: pem, cert: pem, key: pem }).partial().optional(),
    allowPrivate: flag().optional().describe('Allow a base URL at a link-local, metadata or disguised address.'),
  })
  .superRefine((it, context) => {
    const problem = it.baseUrl === undefined ? null : baseUrlProblem(it.baseUrl, it.allowPrivate ?? false)
    if (problem) context.addIssue({ code: 'custom', path: ['baseUrl'], message: problem })
  })

const providers = z
  .record(
    z.string(),
    z.preprocess((value) => value ?? {}, provider),
  )
  .superRefine((all, context) => {
    for (const [name, it] of Object.entries(all)) {
      const problem = providerNameProblem(name, it)
      if (problem) context.addIssue({ code: 'custom', path: [name], message: problem })
    }
  })

const providerNameProblem = (name: string, it: { baseUrl?: string | undefined }): string | null => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    return `"${name}" cannot stand in an address: use letters, digits, . _ -`
  if (RESERVED_SEGMENTS.includes(name)) return `"${name}" is an address of Weir’s own: choose another name`
  if (it.baseUrl !== undefined) return null
  const known = builtinProviders.find((row) => row.name === name)
  if (known) return known.baseUrl === '' ? `every ${name} account has an address of its own: add its baseUrl` : null
  const meant = nearest(
    name,
    builtinProviders.map((row) => row.name),
  )
  return `"${name}" is not built in, so it needs a baseUrl${meant ? ` (or did you mean ${meant}?)` : ''}`
}

/** A feature of a later version: refused by name, unless it is switched off. */
const later = () =>
  z
    .unknown()
    .refine(isSwitchedOff, { error: 'not in this version yet: take it out, or switch it off' })
    .optional()
    .transform(() => null)
    .meta({ description: 'Not in this version yet.' })

function isSwitchedOff(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 'off') return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value !== 'object') return false
  const { mode, action, ...rest } = value as Record<string, unknown>
  const switches = [mode, action].filter((word) => word !== undefined)
  return switches.length > 0 ? switches.every(isSwitchedOff) : Object.keys(rest).length === 0
}

const database = z
  .string()
  .regex(/^(sqlite|postgres(ql)?:\/\/.+)$/, { error: 'write sqlite, or postgres://user:password@host/database' })
  .prefault('sqlite')

const redis = z
  .union([z.string(), z.literal(false), z.null()])
  .transform((value, context) => {
    if (value === null || value === false || value === 'off') return null
    if (/^rediss?:\/\/[^/\s]+(\/\d*)?$/.test(value)) return value
    context.addIssue({
      code: 'custom',
      message: 'write redis://user:password@host:port/0, rediss:// with TLS, or off',
      input: null,
    })
    return z.NEVER
  })
  .prefault(null)

const basePath = z
  .string()
  .regex(/^(\/?|(\/[A-Za-z0-9._~-]+)+\/?)$/, { error: 'write a path such as /weir' })
  .transform((path) => path.replace(/\/$/, ''))
  .prefault('')

export const configSchema = z
  .strictObject({
    port: whole(0, 65_535).prefault(9347).describe('0: any free port.'),
    host: z
      .string()
      .min(1)
      .prefault('127.0.0.1')
      .describe('Beyond loopback the dashboard and the API ask for the admin token.'),
    data: z.string().min(1).prefault('./data').describe('Folder of journal, database and keys.'),
    basePath: basePath.describe('Where a proxy in front shows Weir, such as /weir.'),
    database: database.describe('sqlite, or postgres://user:password@host/database.'),
    redis: redis.describe('redis://… of the Redis that several Weirs share for limits and cache; rediss:// with TLS.'),
    redisDown: oneOf('fail_open', 'fail_closed')
      .prefault('fail_open')
      .describe('While Redis is away: calls pass and are counted later, or those under a blocking limit are refused.'),
    redisTimeout: duration().prefault('1s').describe('Redis counts as away when an answer takes longer.'),
    adminToken: z.string().min(16, { error: 'at least 16 characters' }).nullable().prefault(null),
    ...keyMaterials,
    providers: providers.prefault({}),
    capture: z
      .strictObject({
        bodies: bodies.prefault('full'),
        maxBytes: size()
          .prefault(8 * MiB)
          .describe('For each direction; above it length and SHA-256 are kept.'),
      })
      .prefault({}),
    retention: z
      .strictObject({
        content: durationOrOff().prefault('30d').describe('Age at which bodies and search text go; off: never.'),
        calls: durationOrOff().prefault('400d').describe('Age at which rows go; rollups stay.'),
        bytes: sizeOrOff()
          .prefault(20 * GiB)
          .describe('Size of the database at which the oldest content goes.'),
      })
      .prefault({}),
    keys: keysConfig.prefault({}),
    usage: z.strictObject({ inject: inject.optional() }).prefault({}),
    ingress: z
      .strictObject({
        bufferBytes: size()
          .prefault(64 * MiB)
          .describe('Larger request bodies are streamed, not buffered.'),
        totalBytes: size()
          .prefault(512 * MiB)
          .describe('Buffered over all calls; then 503.'),
        headTimeout: duration().prefault('60s').describe('Longest wait for the next piece of a request.'),
      })
      .prefault({}),
    timeouts: timeouts.prefault({}),
    journal: z
      .strictObject({
        maxBytes: size().prefault(8 * GiB),
        segmentBytes: size().prefault(64 * MiB),
        fsync: oneOf('off', 'interval', 'always').prefault('off'),
        onFull: oneOf('shed_bodies', 'refuse', 'drop').prefault('shed_bodies'),
      })
      .prefault({}),
    clientIp: flag().prefault(false).describe('Keep the address of who called.'),
    trustedProxies: z.array(z.string().min(1)).prefault([]).describe('Addresses or CIDR whose X-Forwarded-* count.'),
    drainDelay: duration().prefault('10s').describe('After SIGTERM: not ready, but still accepting.'),
    grace: duration().prefault('15m').describe('After that: how long calls may take to finish.'),
    prices: z.array(priceOverride).prefault([]),
    aliases: z.record(z.string().min(1), z.string().min(1)).prefault({}).describe('Model → model whose price counts.'),
    routes: routes.prefault({}).describe('Names that stand for several targets.'),
    limits: z.array(limitSchema).prefault([]).describe('What may be used, by whom, in what time.'),
    cache: cache.prefault({}),
    loops: loops.prefault({}).describe('When a run counts as turning in circles, and what is done then.'),
    alerts: alerts.describe(
      'Who is told by webhook: of loops, budgets, providers that are down, unpriced spend, silence.',
    ),
    otel: later(),
  })
  .superRefine((it, context) => {
    for (const { path, says } of routeProblems(it)) context.addIssue({ code: 'custom', path, message: says })
    const semantic = semanticProblem(it)
    if (semantic) context.addIssue({ code: 'custom', path: ['cache', 'semantic', 'target'], message: semantic })
  })

/** Changing one of these needs a restart: the listening socket, the folder, the database and the journal are opened once. */
export const RESTART_KEYS = [
  'port',
  'host',
  'data',
  'database',
  'redis',
  'redisTimeout',
  'basePath',
  'journal',
  ...KEY_MATERIALS,
] as const

type Later = 'otel'
export type Config = Omit<z.output<typeof configSchema>, Later>
export type ProviderConfig = z.output<typeof provider>
export type TimeoutConfig = z.output<typeof timeouts>

/** What holds when nothing is configured. `data` is made absolute against the current folder. */
export const defaultConfig = (): Config => {
  const config = configSchema.parse({})
  return { ...config, data: resolve(config.data) }
}
