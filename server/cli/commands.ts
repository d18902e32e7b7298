/** What `weir` understands: its commands and their options, in one table that parser, help and documentation share. */

export interface OptionSpec {
  /** What stands for the value in the help; absent: the option is a switch. */
  value?: string
  says: string
  /** It may be given several times. */
  many?: boolean
}

export interface CommandSpec {
  says: string
  /** What the one word after the command stands for; absent: it takes none. */
  takes?: string
  /** What is said to a second word, where repeating it would be wrong. */
  refusesMore?: string
  options: Record<string, OptionSpec>
}

const config: OptionSpec = { value: 'FILE', says: 'weir.yaml to use (default: ./weir.yaml, if it is there)' }
const data: OptionSpec = { value: 'DIR', says: 'folder of journal, database and keys (default: ./data)' }
const database: OptionSpec = { value: 'ADDRESS', says: 'sqlite (default), or postgres://user:password@host/database' }

const common = { config, data, database, help: { says: 'show this help' } }

export const COMMANDS = {
  start: {
    says: 'start the gateway and its dashboard (this is what weir alone does)',
    options: {
      port: { value: 'PORT', says: 'port to listen on (default: 9347; 0: any free one)' },
      host: { value: 'HOST', says: 'address to listen on (default: 127.0.0.1)' },
      ...common,
      demo: { says: 'show Weir with made-up traffic, in a data folder of its own' },
      version: { says: 'show the version' },
    },
  },
  'config check': {
    says: 'say every mistake in the configuration at once, with its line',
    options: { config, help: common.help },
  },
  export: {
    says: 'write calls to standard output, one JSON object a line',
    options: {
      q: { value: 'FILTER', says: 'as in the dashboard: model:gpt-5.1 status:>=500 "refund policy"' },
      from: {
        value: 'TIME',
        says: 'first moment: 2026-01-31, a full ISO time, epoch milliseconds, or an age such as 7d',
      },
      to: { value: 'TIME', says: 'first moment that is no longer wanted' },
      format: { value: 'FORMAT', says: 'jsonl (default) or csv' },
      ...common,
    },
  },
  prune: {
    says: 'remove now what the retention settings no longer keep',
    options: common,
  },
  'key create': {
    says: 'make a Weir key and print its secret, once',
    takes: 'NAME',
    options: {
      owner: { value: 'WHO', says: 'who answers for it' },
      team: { value: 'TEAM', says: 'its calls count for this team' },
      tags: { value: 'A=B,…', says: 'tags on each of its calls' },
      providers: { value: 'LIST', says: 'only these providers, with commas between (default: all)' },
      models: { value: 'LIST', says: 'only these models, such as gpt-5*,anthropic/* (default: all)' },
      routes: { value: 'LIST', says: 'only these routes (default: all, and calls without one)' },
      ips: { value: 'LIST', says: 'only from these addresses and ranges (default: from anywhere)' },
      expires: { value: 'WHEN', says: '30d from now, 2026-12-31, or a full ISO time (default: never)' },
      limit: {
        value: 'WORDS',
        says: "a limit, such as 'per=month cost=20'; several times: several limits",
        many: true,
      },
      disconnect: { value: 'HOW', says: 'when a client leaves: abort the upstream, or drain its answer' },
      capture: { value: 'HOW', says: 'most that is kept of its calls: full (default), metadata or off' },
      ...common,
    },
  },
  'key list': {
    says: 'list the Weir keys',
    options: common,
  },
  'key rotate': {
    says: 'give a key another secret and print it, once',
    takes: 'NAME',
    options: {
      overlap: { value: 'TIME', says: 'how long the secret before stays good (default: 24h)' },
      ...common,
    },
  },
  'key revoke': {
    says: 'end a key for ever',
    takes: 'NAME',
    options: common,
  },
  'credential add': {
    says: 'store a credential for a provider, encrypted; its secret is asked for',
    takes: 'PROVIDER',
    refusesMore:
      'weir credential add takes the provider and nothing else: a secret on the command line is seen by others. Without --file it is asked for, or read from a pipe.',
    options: {
      name: { value: 'NAME', says: 'what it is called, for messages and routes' },
      file: { value: 'FILE', says: 'read the secret from this file' },
      weight: { value: 'NUMBER', says: 'its share of a route’s calls among several (default: 1)' },
      models: { value: 'LIST', says: 'only for these models, such as gpt-5*,o* (default: all)' },
      ...common,
    },
  },
  'credential list': {
    says: 'list the credentials for providers, without their secrets',
    options: common,
  },
  'credential remove': {
    says: 'remove a stored credential',
    takes: 'PROVIDER',
    options: { name: { value: 'NAME', says: 'what it is called' }, ...common },
  },
  'admin token': {
    says: 'replace a lost admin token: the old one and every login end',
    options: { new: { says: 'make a new token and print it, once' }, ...common },
  },
} as const satisfies Record<string, CommandSpec>

export type CommandName = keyof typeof COMMANDS

export const specOf = (name: CommandName): CommandSpec => COMMANDS[name]
