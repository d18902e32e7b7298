/**
 * Loops put into recorded runs, and what looks like loops but is none: made by a seeded generator, so a case that fails is found
 * again by its number. `due` is the turn at which what the rule counts is complete, none when nothing may be found.
 */
import type { Message } from '../../server/dialects/dialect.ts'
import { ask, result, text, type Move } from './runs.ts'

export interface Case {
  kind: string
  moves: Move[]
  due: number | null
}

export interface Dice {
  next(): number
  below(n: number): number
  pick<T>(list: readonly T[]): T
}

const SUBJECTS = 'invoice reservation customer shipment repository document account ticket warehouse dataset'.split(' ')
const VERBS = 'search fetch lookup list read open query load find inspect'.split(' ')
const WORDS =
  'river stone window market garden letter bridge winter paper signal harbor copper meadow engine lantern valley thread silver candle forest anchor mirror planet velvet summit orchard timber marble ribbon compass feather granite pepper saddle tunnel violet walnut yellow zephyr basket'.split(
    ' ',
  )

const words = (dice: Dice, count: number): string[] =>
  Array.from({ length: count }, () => dice.pick(WORDS) + dice.below(60))
const prose = (dice: Dice, count: number): string => words(dice, count).join(' ')
const id = (dice: Dice): string => `call_${dice.below(2 ** 31).toString(36)}${dice.below(2 ** 31).toString(36)}`
const tool = (dice: Dice): string => `${dice.pick(VERBS)}_${dice.pick(SUBJECTS)}`
const pause = (dice: Dice): number => 2000 + dice.below(30_000)

type Arguments = Record<string, string | number>
const args = (dice: Dice): Arguments => ({
  query: prose(dice, 3),
  limit: 1 + dice.below(50),
  sort: dice.pick(['asc', 'desc']),
})

/** The same arguments, written as another turn of a model may write them. */
const written = (dice: Dice, given: Arguments): string => {
  const entries = Object.entries(given)
  const turned = dice.below(2) === 0 ? entries : entries.toReversed()
  return JSON.stringify(Object.fromEntries(turned), null, dice.pick([0, 1, 2]))
}

/** A few of its words are others, sentences change places, case and stops too. */
const paraphrase = (dice: Dice, base: readonly string[]): string => {
  const changed = base.slice()
  const most = Math.max(1, Math.floor(base.length * 0.03))
  for (let i = 0; i < most; i++) changed[dice.below(changed.length)] = dice.pick(WORDS) + dice.below(60)
  const at = dice.below(changed.length)
  const turned = [...changed.slice(at), ...changed.slice(0, at)]
  return turned.map((word) => (dice.below(6) === 0 ? `${word[0]!.toUpperCase()}${word.slice(1)},` : word)).join(' ')
}

/** Tool calls one after the other; the next turn brings what each gave. */
interface Do {
  name: string
  args: string
  said?: string
  gives: string
  isError?: boolean
  after?: number
}

function carryOut(dice: Dice, base: Move[], dos: readonly Do[], last: Message): Move[] {
  const moves = base.slice()
  let news: Message[] = [text('user', `Now ${prose(dice, 12)}.`)]
  for (const { name, args: given, said, gives, isError, after } of dos) {
    const callId = id(dice)
    moves.push({ news, answer: ask(callId, name, given, said), after: after ?? pause(dice) })
    news = [result(callId, gives, isError)]
  }
  moves.push({ news, answer: last, after: pause(dice) })
  return moves
}

const again = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const ending = (dice: Dice): Message => text('assistant', `It is done: ${prose(dice, 14)}.`)

type Make = (dice: Dice, base: Move[]) => Omit<Case, 'kind'>

const repeats: Make = (dice, base) => {
  const [name, given, gives] = [tool(dice), args(dice), prose(dice, 5 + dice.below(40))]
  const dos = again(3 + dice.below(6), () => ({ name, args: written(dice, given), gives }))
  return { moves: carryOut(dice, base, dos, ask(id(dice), name, written(dice, given))), due: base.length + 3 }
}

/** The result changes a little each time (a clock in it): only the number of tries tells. */
const stubborn: Make = (dice, base) => {
  const [name, given] = [tool(dice), args(dice)]
  const dos = again(8 + dice.below(5), (i) => ({ name, args: written(dice, given), gives: `${prose(dice, 20)} ${i}` }))
  return { moves: carryOut(dice, base, dos, ending(dice)), due: base.length + 7 }
}

const cycles: Make = (dice, base) => {
  const round = again(2 + dice.below(3), (i) => ({
    name: `${tool(dice)}_${i}`,
    given: args(dice),
    gives: prose(dice, 20),
  }))
  const dos = again(round.length * (3 + dice.below(2)), (i) => {
    const { name, given, gives } = round[i % round.length]!
    return { name, args: written(dice, given), gives }
  })
  return {
    moves: carryOut(dice, base, dos, ask(id(dice), round[0]!.name, written(dice, round[0]!.given))),
    due: base.length + 3 * round.length,
  }
}

const echoes: Make = (dice, base) => {
  const [name, given, found, said] = [tool(dice), args(dice), words(dice, 50), words(dice, 40)]
  const dos = again(5 + dice.below(4), (i) => ({
    name,
    args: written(dice, { ...given, query: `${String(given['query'])} ${i}` }),
    said: paraphrase(dice, said),
    gives: paraphrase(dice, found),
  }))
  return { moves: carryOut(dice, base, dos, text('assistant', paraphrase(dice, said))), due: base.length + 4 }
}

const errors: Make = (dice, base) => {
  const name = tool(dice)
  const what = prose(dice, 8)
  const dos = again(4 + dice.below(4), () => ({
    name,
    args: written(dice, args(dice)),
    gives: dice.pick([
      `Error: ${what} (request req_${dice.below(2 ** 31).toString(16)}f00d${dice.below(2 ** 31)}, took ${dice.below(900)} ms)`,
      `Error: ${what} (request req_${dice.below(2 ** 31).toString(16)}beef${dice.below(2 ** 31)}, took ${dice.below(90)} ms)`,
    ]),
    ...(dice.below(2) === 0 ? { isError: true } : {}),
  }))
  return { moves: carryOut(dice, base, dos, ask(id(dice), name, written(dice, args(dice)))), due: base.length + 4 }
}

/** Tries, mends something, tries again: the same error each time. */
const mendings: Make = (dice, base) => {
  const what = prose(dice, 10)
  const dos = again(12, (i) =>
    i % 2 === 0
      ? { name: 'run_tests', args: '{}', gives: `Traceback (most recent call last): ${what}` }
      : { name: 'edit_file', args: written(dice, args(dice)), gives: `ok ${prose(dice, 6)}` },
  )
  return { moves: carryOut(dice, base, dos, ending(dice)), due: base.length + 11 }
}

const failures: Make = (dice, base) => {
  const message = `${prose(dice, 8)}, request req_${dice.below(2 ** 31)}abcdef12`
  const failing = again(4 + dice.below(3), (i) => ({
    news: i === 0 ? [text('user', prose(dice, 12))] : [],
    answer: null,
    after: pause(dice),
    call: { outcome: 'error' as const, status: 500, errorCode: 'server_error', errorMessage: message },
  }))
  return { moves: [...base, ...failing], due: base.length + 3 }
}

/** The context grows by what is known already, in an order that is no circle, and the model comments it in the same words. */
const ramps: Make = (dice, base) => {
  const name = tool(dice)
  const blocks = again(3, () => words(dice, 60))
  const said = words(dice, 30)
  let block = 0
  const dos = again(16, (i) => {
    block = (block + 1 + dice.below(2)) % 3
    return {
      name,
      args: `{"page":${i}}`,
      said: paraphrase(dice, said),
      gives: paraphrase(dice, blocks[i < 3 ? i : block]!),
    }
  })
  // Three blocks are new once; ten turns of which at most one brought something new are complete with the result of the twelfth.
  return { moves: carryOut(dice, base, dos, text('assistant', paraphrase(dice, said))), due: base.length + 12 }
}

const POLLS = ['get_job_status', 'poll_build', 'wait_for_deploy', 'check_progress', 'check_run', 'taskStatus']

const polls: Make = (dice, base) => {
  const [name, given] = [dice.pick(POLLS), args(dice)]
  const gives = `{"state":"${dice.pick(['pending', 'running', 'queued'])}","detail":"${prose(dice, 12)}"}`
  const said = dice.below(2) === 0 ? '' : `The job is still running, I will look again in a moment: ${prose(dice, 3)}`
  const dos = again(5 + dice.below(25), () => ({
    name,
    args: written(dice, given),
    said,
    gives,
    after: 20_000 + dice.below(60_000),
  }))
  return { moves: carryOut(dice, base, dos, ending(dice)), due: null }
}

const sleepers: Make = (dice, base) => {
  const gives = `{"state":"running","detail":"${prose(dice, 10)}"}`
  const dos = again(12 + dice.below(8), (i) =>
    i % 2 === 0
      ? { name: 'job_status', args: '{"id":7}', gives }
      : { name: 'sleep', args: '{"seconds":30}', gives: 'slept' },
  )
  return { moves: carryOut(dice, base, dos, ending(dice)), due: null }
}

/** Twice is no loop; nor is thrice with something else in between, or with another result. */
const twice: Make = (dice, base) => {
  const [name, given, gives] = [tool(dice), args(dice), prose(dice, 20)]
  const same = () => ({ name, args: written(dice, given), gives })
  const other = () => ({ name: tool(dice), args: written(dice, args(dice)), gives: prose(dice, 25) })
  return {
    moves: carryOut(dice, base, [same(), same(), other(), same(), other(), other(), same(), other()], ending(dice)),
    due: null,
  }
}

const pages: Make = (dice, base) => {
  const name = tool(dice)
  const dos = again(8 + dice.below(12), (i) => ({
    name,
    args: `{"page":${i}}`,
    said: dice.below(2) === 0 ? '' : `I will read the next page of the list now, page ${i}.`,
    gives: JSON.stringify(again(6, () => ({ id: dice.below(1e6), name: prose(dice, 2), total: dice.below(9999) }))),
  }))
  return { moves: carryOut(dice, base, dos, ending(dice)), due: null }
}

const edits: Make = (dice, base) => {
  const dos = again(8 + dice.below(12), () => ({
    name: 'edit_file',
    args: written(dice, { ...args(dice), text: prose(dice, 40) }),
    gives: 'The file was updated successfully and all is well.',
  }))
  return { moves: carryOut(dice, base, dos, ending(dice)), due: null }
}

const fewErrors: Make = (dice, base) => {
  const name = tool(dice)
  const dos = [
    ...again(3, () => ({ name, args: written(dice, args(dice)), gives: 'Error: no such record' })),
    ...again(5, (i) => ({
      name,
      args: written(dice, args(dice)),
      gives: `Error: line ${40 + 7 * i}: ${prose(dice, 6)}`,
    })),
  ]
  return { moves: carryOut(dice, base, dos, ending(dice)), due: null }
}

/** The same error each time a person has it tried anew. */
const urged: Make = (dice, base) => {
  const name = tool(dice)
  const moves = again(6, () => [
    { news: [text('user', prose(dice, 10))], answer: ask('t', name, written(dice, args(dice))), after: pause(dice) },
    { news: [result('t', 'Error: the account is closed')], answer: ending(dice), after: pause(dice) },
  ])
  return { moves: [...base, ...moves.flat()], due: null }
}

const regenerates: Make = (dice, base) => {
  const prompt = text('user', prose(dice, 20))
  const said = words(dice, 40)
  const moves = again(4 + dice.below(6), () => ({
    news: [prompt],
    answer: text('assistant', paraphrase(dice, said)),
    after: 3000,
    mark: 'regenerated' as const,
  }))
  return { moves: [...base, ...moves], due: null }
}

/** One prompt many times under one declared session: an evaluation, or a person who asks for more samples. */
const evaluations: Make = (dice) => {
  const [name, given, prompt] = [tool(dice), args(dice), prose(dice, 30)]
  const moves = again(6 + dice.below(14), () => ({
    news: [text('system', 'Answer with a tool call.'), text('user', prompt)],
    answer: ask(id(dice), name, written(dice, given)),
    after: 500,
    afresh: true,
  }))
  return { moves, due: null }
}

const fanOuts: Make = (dice, base) => {
  const [name, given] = [tool(dice), args(dice)]
  const calls = again(6, () => ({ type: 'tool_call' as const, id: id(dice), name, arguments: written(dice, given) }))
  const gives = prose(dice, 20)
  return {
    moves: [
      ...base,
      { news: [text('user', prose(dice, 10))], answer: { role: 'assistant', parts: calls }, after: 4000 },
      { news: calls.map((call) => result(call.id, gives)), answer: ending(dice), after: 4000 },
    ],
    due: null,
  }
}

/** A chat: the person says yes, and yes again. */
const chats: Make = (dice, base) => ({
  moves: [
    ...base,
    ...again(12, () => ({
      news: [text('user', dice.pick(['yes', 'Yes, please.', 'ok', 'go on', 'continue']))],
      answer: text('assistant', prose(dice, 40)),
      after: 9000,
    })),
  ],
  due: null,
})

const KINDS: readonly (readonly [string, Make])[] = [
  ['the same call, the same result', repeats],
  ['the same call, whatever the result', stubborn],
  ['cycles of 2 to 4', cycles],
  ['paraphrased echoes', echoes],
  ['the same error, other arguments', errors],
  ['the same error after each mending', mendings],
  ['the call itself fails', failures],
  ['context grows, nothing new', ramps],
  ['polls', polls],
  ['polls and sleeps', sleepers],
  ['twice, and twice again', twice],
  ['pages of a list', pages],
  ['many edits, one answer', edits],
  ['few or different errors', fewErrors],
  ['the same error, a person urges', urged],
  ['made anew by a person', regenerates],
  ['an evaluation in one session', evaluations],
  ['parallel calls', fanOuts],
  ['a chat of yes and go on', chats],
]

/** `runs`: recorded ones, as moves; a piece of one stands before each case. */
export function* makeCases(dice: Dice, runs: readonly Move[][], count: number): Generator<Case> {
  for (let i = 0; i < count; i++) {
    const [kind, make] = KINDS[i % KINDS.length]!
    const run = dice.pick(runs)
    const upTo = 1 + dice.below(Math.min(12, run.length))
    yield { kind, ...make(dice, run.slice(0, upTo)) }
  }
}
