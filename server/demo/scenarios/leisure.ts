/** What else runs in the house: trips written by Gemini with tools, and notes on a model under somebody's desk. */
import type { Random } from '../random.ts'
import { createTalk, NO_REPLY, oneTurn } from '../talk.ts'
import type { Scenario, Tool } from '../turn.ts'
import { client, credentials, CUSTOMERS, owned, withKey } from './clients.ts'

const TOOLS: readonly Tool[] = [
  {
    name: 'get_weather',
    description: 'Usual weather of a place in a month.',
    properties: { place: { type: 'string' }, month: { type: 'string' } },
  },
  {
    name: 'find_events',
    description: 'Festivals, markets and concerts of a place in a month.',
    properties: { place: { type: 'string' }, month: { type: 'string' } },
  },
]

const PLACES = [
  {
    place: 'Lisbon',
    days: [
      'Start in Alfama before the trams are full, and climb to the Miradouro da Graça.',
      'Take the train to Cascais; walk back along the coast as far as Estoril.',
      'The tile museum in the morning, Belém and its pastry in the afternoon.',
    ],
  },
  {
    place: 'Kyoto',
    days: [
      'Fushimi Inari at seven in the morning: after nine it belongs to the cameras.',
      'The philosopher’s path from Ginkaku-ji, with tofu for lunch at Nanzen-ji.',
      'A day in Uji for tea, the phoenix hall and the river.',
    ],
  },
  {
    place: 'Cape Town',
    days: [
      'Table Mountain if the cloud allows, by Platteklip Gorge up and by cable car down.',
      'The peninsula: Muizenberg, the penguins at Boulders, Cape Point before the wind.',
      'Bo-Kaap in the morning, the botanical garden at Kirstenbosch in the afternoon.',
    ],
  },
] as const

export function* itinerary(random: Random): Scenario {
  const { place, days } = random.pick(PLACES)
  const month = random.pick(['March', 'May', 'October'])
  const talk = createTalk(
    client({
      provider: 'gemini',
      api: 'gemini',
      model: 'gemini-3-flash-preview',
      stream: true,
      headers: {
        ...credentials.googleGenai('trips90aa'),
        ...owned('shop', 'itineraries', random.pick(CUSTOMERS)),
        'x-weir-session': `trip-${random.hex(8)}`,
      },
      system:
        'You write day plans for travellers: concrete, short, honest about crowds and weather. Markdown, one heading a day.',
      tools: TOOLS,
      settings: { temperature: 0.8 },
    }),
    random,
  )
  talk.user(`Three days in ${place} in ${month}. We like to walk, and to eat late.`)
  yield talk.turn(
    {
      thinking: 'Weather first, then what is on.',
      calls: TOOLS.map(({ name }) => ({ name, arguments: { place, month } })),
    },
    { pauseMs: random.around(400) },
  )
  talk.results('{"high_c":19,"low_c":11,"rain_days":8}', '{"events":["Saturday market","Open studios"]}')
  const plan = days
    .map(
      (day, at) =>
        `## Day ${at + 1}\n${day}\nIn the evening: somewhere small, after nine; ask for the dish of the day.`,
    )
    .join('\n\n')
  yield talk.turn(
    { text: `# ${place} in ${month}\n\nMild, with rain on one day in four: take a light coat.\n\n${plan}` },
    { leavesAfterMs: random.chance(0.12) ? random.whole(900, 1600) : null },
  )
}

const NOTES = [
  'Shorten to one sentence: we moved the voucher check behind the fare hold because holding was refused in one case of nine when the voucher was spent already.',
  'Translate into German: The lounge is open from five in the morning until the last departure.',
  'Give me five names for a newsletter about night trains.',
  'Turn into a changelog line: invoices can be filtered by currency now.',
] as const
const ANSWERS = [
  'The voucher is now checked after the fare is held, because one hold in nine failed on a spent voucher.',
  'Die Lounge ist von fünf Uhr morgens bis zum letzten Abflug geöffnet.',
  'Sleeper Letter · Between Stations · Night Lines · Last Car · Couchette',
  '- Invoices: filter by currency.',
] as const

export function* notes(random: Random): Scenario {
  const at = random.whole(0, NOTES.length - 1)
  const local = client({
    provider: 'ollama',
    api: 'chat',
    model: 'qwen3:8b',
    stream: random.chance(0.6),
    headers: { 'user-agent': 'notes-cli/0.4', ...owned('engineering', 'notes', 'erik') },
    system: 'Answer with the text only.',
  })
  yield oneTurn(local, random, {
    messages: [{ role: 'user', text: NOTES[at]! }],
    reply: {
      ...NO_REPLY,
      text: ANSWERS[at]!,
      thinking: random.chance(0.5) ? 'A short text is wanted, nothing around it.' : null,
    },
  })
}

/** A script that a colleague wrote in a hurry: streams without asking for usage, so Weir has to estimate. */
export function* script(random: Random): Scenario {
  const { place, days } = random.pick(PLACES)
  const quick = client({
    provider: 'openai',
    api: 'chat',
    model: 'gpt-5-nano',
    stream: true,
    headers: { ...credentials.openaiPython('scratch-aa01c3'), ...withKey('scratch') },
    system: 'Rewrite for a newsletter.',
  })
  yield oneTurn(quick, random, {
    messages: [{ role: 'user', text: days.join(' ') }],
    reply: { ...NO_REPLY, text: `${place}, on foot: ${days[0]} ${days[1]}` },
  })
}
