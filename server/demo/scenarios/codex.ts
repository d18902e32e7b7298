/** Codex at a terminal, over the Responses API; and the reviewer that looks at its pull requests, on a model that takes its time. */
import type { Random } from '../random.ts'
import { createTalk, NO_REPLY, oneTurn } from '../talk.ts'
import type { Scenario, Tool } from '../turn.ts'
import { client, DEVELOPERS, owned } from './clients.ts'
import { fileText, grepText, pathOf, testText } from './sources.ts'
import { TASKS } from './tasks.ts'

const text = { type: 'string' }
const CODEX_TOOLS: readonly Tool[] = [
  {
    name: 'shell',
    description: 'Runs a shell command and returns its output.',
    properties: { command: { type: 'array', items: text }, workdir: text },
  },
  { name: 'apply_patch', description: 'Applies a patch to files in the workspace.', properties: { input: text } },
]

export function* codex(random: Random): Scenario {
  const task = random.pick(TASKS)
  const session = random.uuid()
  const developer = random.pick(DEVELOPERS)
  const talk = createTalk(
    client({
      provider: 'openai',
      api: 'responses',
      model: 'gpt-5.3-codex',
      stream: true,
      system:
        'You are Codex, running in the Codex CLI on a user’s computer. Prefer rg for searching. Make small changes, run the tests, and say in two sentences what you did.',
      tools: CODEX_TOOLS,
      settings: {
        store: false,
        include: ['reasoning.encrypted_content'],
        reasoning: { effort: 'medium', summary: 'auto' },
        prompt_cache_key: session,
      },
      headers: {
        authorization: 'Bearer sk-proj-demo-engineering-e07b',
        'user-agent': 'codex_cli_rs/0.169.0 (Debian 13; x86_64)',
        originator: 'codex_cli_rs',
        'session-id': session,
        'thread-id': session,
        ...owned('engineering', 'coding', developer),
      },
    }),
    random,
  )
  const shell = (...command: string[]) => ({
    name: 'shell',
    arguments: { command: ['bash', '-lc', ...command], workdir: '/home/dev/meridian-shop' },
  })

  talk.user(task.ask)
  yield talk.turn(
    {
      thinking:
        '**Looking for the check**\n\nI will search for where expiry is decided, then read the files around it.',
      calls: [shell('rg -n "valid_until|expired" src')],
    },
    { pauseMs: 200 },
  )
  talk.results(grepText(random))
  for (let n = random.whole(2, 5); n > 0; n--) {
    yield talk.turn(
      {
        thinking: n === 2 ? '**Comparing zones**\n\nThe row has a zone, but the comparison does not use it.' : null,
        calls: [shell(`sed -n '1,140p' ${pathOf(random)}`)],
      },
      { pauseMs: 200 },
    )
    talk.results(fileText(random))
  }
  yield talk.turn(
    {
      thinking: `**Planning the change**\n\nThe cause: ${task.cause}.`,
      calls: [
        {
          name: 'apply_patch',
          arguments: {
            input: `*** Begin Patch\n*** Update File: ${pathOf(random)}\n@@\n-  if (row.valid_until < at)\n+  if (endOfDay(row.valid_until, row.zone) < at)\n*** End Patch`,
          },
        },
      ],
    },
    { pauseMs: 150 },
  )
  talk.results('Success. Updated the following files:\nM src/vouchers/expire.ts')
  yield talk.turn({ calls: [shell('npm test --silent')] }, { pauseMs: random.around(6000, 0.4) })
  talk.results(testText(random, false))
  yield talk.turn({ text: `The cause was that ${task.cause}. I changed it to ${task.fix}; all tests pass.` })
}

/** One hard question, a model that takes its time. */
export function* review(random: Random): Scenario {
  const task = random.pick(TASKS)
  const thinking =
    `The change claims to ${task.fix}. First: is the cause right? It says that ${task.cause}.\n` +
    fileText(random, 24).replace(/^ +\d+\t/gm, '') +
    '\nThe zone is read from the row, so two rows of one booking could disagree. The tests only name UTC. I should say both, and that the rest is fine.'
  const reviewer = client({
    provider: 'anthropic',
    api: 'messages',
    model: 'claude-opus-4-7',
    stream: true,
    headers: {
      'x-api-key': 'sk-ant-api03-demo-engineering-41c8',
      'anthropic-version': '2023-06-01',
      'user-agent': 'Anthropic/Python 1.2.0',
      'x-stainless-lang': 'python',
      ...owned('engineering', 'code-review', 'ci'),
    },
    system: 'Review the change. Name what is wrong, with file and line, worst first. Say so if nothing is.',
    settings: { max_tokens: 16_000, thinking: { type: 'enabled', budget_tokens: 8000 } },
  })
  yield oneTurn(reviewer, random, {
    messages: [
      { role: 'user', text: `Pull request ${random.whole(900, 1600)}: ${task.ask}\n\n${fileText(random, 180)}` },
    ],
    reply: {
      ...NO_REPLY,
      thinking,
      text: `1. **\`${pathOf(random)}:41\`**: the zone comes from the row, so two segments of one booking may be judged by different days. Take it from the booking.\n2. **Tests** name only UTC; add one at 23:30 in \`America/Bogota\`.\n\nThe rest is fine: the change does ${task.fix}.`,
    },
    slow: random.around(2.2, 0.4),
  })
}
