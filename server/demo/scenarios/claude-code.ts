/** Developers with Claude Code: long histories, tools, thinking, sub-agents beside the main one. */
import type { Random } from '../random.ts'
import { createTalk, type Talk } from '../talk.ts'
import type { Client, Scenario, Tool, Turn } from '../turn.ts'
import { client, DEVELOPERS, owned } from './clients.ts'
import { fileText, grepText, pathOf, testText } from './sources.ts'
import { type Task, TASKS } from './tasks.ts'

const text = { type: 'string' }
const CLAUDE_TOOLS: readonly Tool[] = [
  {
    name: 'Read',
    description: 'Reads a file from the local filesystem. Results come with line numbers.',
    properties: { file_path: text },
  },
  {
    name: 'Grep',
    description: 'Searches file contents with ripgrep. Use this instead of running grep.',
    properties: { pattern: text, path: text },
  },
  {
    name: 'Edit',
    description: 'Replaces an exact string in a file. Fails if old_string is not unique.',
    properties: { file_path: text, old_string: text, new_string: text },
  },
  {
    name: 'Bash',
    description: 'Runs a command in a persistent shell session with an optional timeout.',
    properties: { command: text, description: text },
  },
  {
    name: 'Task',
    description: 'Starts an agent of its own for a task of several steps, and returns its report.',
    properties: { description: text, prompt: text, subagent_type: text },
  },
]
const CLAUDE_SYSTEM = `You are Claude Code, Anthropic's official CLI for Claude. You help with software engineering tasks in the folder /home/dev/meridian-shop.

# Tone and style
Be concise and direct. Answer in fewer than four lines unless asked for detail. No preamble, no summary of what you did unless asked.

# Doing tasks
- Use the search tools to understand the code base before you change it.
- Follow the conventions of the files that you edit. Never assume that a library is there.
- Run the tests when you are done: npm test. If you cannot find the command, ask.
- Never commit unless the user asks for it.

# Environment
Working directory: /home/dev/meridian-shop · Is a git repository: yes · Platform: linux · Branch: main`

const claudeClient = (developer: string, session: string, more: Partial<Client> = {}): Client => {
  const hasPlan = developer === 'ann' || developer === 'dana'
  return client({
    provider: 'anthropic',
    api: 'messages',
    model: 'claude-sonnet-4-6',
    stream: true,
    system: CLAUDE_SYSTEM,
    tools: CLAUDE_TOOLS,
    settings: {
      max_tokens: 32_000,
      metadata: { user_id: JSON.stringify({ device_id: 'demo', account_uuid: '', session_id: session }) },
    },
    ...more,
    headers: {
      // Some have a plan, some pay by the token.
      ...(hasPlan
        ? { authorization: `Bearer sk-ant-oat01-demo-${developer}-0000` }
        : { 'x-api-key': 'sk-ant-api03-demo-engineering-41c8' }),
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
      'user-agent': 'claude-cli/2.1.14 (external, cli)',
      'x-app': 'cli',
      'x-claude-code-session-id': session,
      ...owned('engineering', 'coding', developer),
      ...more.headers,
    },
  })
}

export function* claudeCode(random: Random): Scenario {
  const task = random.pick(TASKS)
  const developer = random.pick(DEVELOPERS)
  const session = random.uuid()
  const talk = createTalk(claudeClient(developer, session), random)
  const tools = (ms: number) => ({ pauseMs: random.around(ms, 0.6) })

  talk.user(task.ask)
  yield talk.turn(
    {
      thinking: `I should understand how this works before changing it. Let me look for where it is checked.`,
      text: 'I’ll look at how this is checked now.',
      calls: [{ name: 'Grep', arguments: { pattern: 'valid_until|expired', path: 'src' } }],
    },
    tools(300),
  )
  talk.results(grepText(random))

  if (random.chance(0.5)) {
    yield talk.turn(
      {
        text: 'Two parts of this are independent, so I’ll have them looked at side by side.',
        calls: ['Trace the callers of the expiry check', 'Find tests about expiry and time zones'].map(
          (description) => ({
            name: 'Task',
            arguments: {
              description,
              prompt: `${description} in src/ and test/. Report file names and line numbers, no fixes.`,
              subagent_type: 'Explore',
            },
          }),
        ),
      },
      tools(100),
    )
    yield* explore(random, developer, session)
    talk.results(
      `Called from ${pathOf(random)}:41 and ${pathOf(random)}:118; both pass Date.now().`,
      'test/vouchers/expire.test.ts covers expiry in UTC only; no test names a zone.',
    )
  }
  for (let n = random.whole(2, 4); n > 0; n--) {
    yield talk.turn(
      {
        thinking: n % 2 === 0 ? 'The next file should tell which zone the date was stored in.' : null,
        calls: [{ name: 'Read', arguments: { file_path: `/home/dev/meridian-shop/${pathOf(random)}` } }],
      },
      tools(200),
    )
    talk.results(fileText(random))
  }
  yield* fixAndTest(talk, task, random)
}

function* fixAndTest(talk: Talk, task: Task, random: Random): Scenario {
  const path = `/home/dev/meridian-shop/${pathOf(random)}`
  const failsFirst = random.chance(0.5)
  for (const failed of failsFirst ? [true, false] : [false]) {
    yield talk.turn(
      {
        thinking: `The cause: ${task.cause}. So the change is to ${task.fix}.`,
        text: failed ? `The cause is that ${task.cause}.` : '',
        calls: [
          {
            name: 'Edit',
            arguments: {
              file_path: path,
              old_string: 'if (row.valid_until < at)',
              new_string: 'if (endOfDay(row.valid_until, row.zone) < at)',
            },
          },
        ],
      },
      { pauseMs: random.around(250) },
    )
    talk.results(`The file ${path} has been updated.`)
    yield talk.turn(
      { calls: [{ name: 'Bash', arguments: { command: 'npm test', description: 'Run the tests' } }] },
      { pauseMs: random.around(6500, 0.4) },
    )
    talk.results(testText(random, failed))
  }
  yield talk.turn({
    text: `Fixed. The cause was that ${task.cause}; now the code does what the test name says: it will ${task.fix}. All 149 tests pass.`,
  })
}

/** Two sub-agents at work side by side, on a cheaper model. */
function* explore(random: Random, developer: string, session: string): Scenario {
  const agents = ['callers', 'tests'].map((name) =>
    createTalk(
      claudeClient(developer, session, {
        model: 'claude-haiku-4-5',
        system:
          'You are an agent for Claude Code that explores code bases. Read only. Report file names with line numbers.',
        tools: CLAUDE_TOOLS.slice(0, 2),
        headers: { 'x-claude-code-agent-id': `explore-${name}` },
      }),
      random,
    ),
  )
  for (const agent of agents)
    agent.user('Find where expiry is checked and who calls it. Report file names and line numbers, no fixes.')
  for (let round = random.whole(2, 3); round > 0; round--) {
    yield agents.map((agent) =>
      agent.turn(
        {
          calls: [
            round % 2 === 0
              ? { name: 'Grep', arguments: { pattern: 'expire', path: 'src' } }
              : { name: 'Read', arguments: { file_path: pathOf(random) } },
          ],
        },
        { pauseMs: random.around(250) },
      ),
    )
    for (const agent of agents) agent.results(round % 2 === 0 ? grepText(random) : fileText(random, 60))
  }
  yield agents.map((agent): Turn =>
    agent.turn({
      text: `Checked in ${pathOf(random)}:${random.whole(10, 90)}, called from ${pathOf(random)}:${random.whole(10, 200)}.`,
    }),
  )
}
