/** The checkout agent of the web shop: streams, calls tools, and books what the customer wants. The largest part of the bill. */
import type { Random } from '../random.ts'
import { createTalk } from '../talk.ts'
import type { Json, Scenario, Tool } from '../turn.ts'
import { client, credentials, CUSTOMERS, owned, withKey } from './clients.ts'

const text = (description: string): Json => ({ type: 'string', description })

export const FLIGHT_TOOLS: readonly Tool[] = [
  {
    name: 'search_flights',
    description: 'Flights between two airports on a day, cheapest first. Fares are held for 15 minutes.',
    properties: {
      from: text('IATA code'),
      to: text('IATA code'),
      date: text('YYYY-MM-DD'),
      cabin: { type: 'string', enum: ['economy', 'premium', 'business'] },
    },
  },
  {
    name: 'fare_rules',
    description: 'Change and refund conditions of a fare.',
    properties: { fare_id: text('As found by search_flights') },
  },
  {
    name: 'hold_fare',
    description: 'Holds a fare for 24 hours without payment.',
    properties: { fare_id: text('As found by search_flights'), passengers: { type: 'integer' } },
  },
  {
    name: 'apply_voucher',
    description: 'Checks a voucher and subtracts it from the cart.',
    properties: { code: text('As printed on the voucher'), cart_id: text('The customer’s cart') },
  },
  {
    name: 'create_payment_link',
    description: 'A link under which the cart can be paid; valid for 30 minutes.',
    properties: { cart_id: text('The customer’s cart'), method: { type: 'string', enum: ['card', 'sepa', 'invoice'] } },
  },
  {
    name: 'hand_over',
    description: 'Hands the conversation to a person, with a summary.',
    properties: { reason: text('Why a person is needed') },
  },
]

const SYSTEM = `You are the checkout assistant of Meridian Travel. You help customers to choose a fare, and you book it when they say so.

Rules
- Never state a price, a seat or a condition that did not come from a tool in this conversation.
- Before holding a fare, repeat route, date, cabin, price and whether it can be refunded, in one sentence.
- A fare that cannot be refunded must be called so before the customer agrees to it.
- Vouchers: at most one a cart. If apply_voucher refuses it, give its reason in plain words.
- Complaints, medical questions, groups of ten and more: hand_over.
- Answer in the customer's language, in at most four sentences. No lists unless there are three or more fares.`

const ROUTES = [
  ['Berlin', 'BER', 'Lisbon', 'LIS'],
  ['London', 'LHR', 'Tokyo', 'HND'],
  ['Paris', 'CDG', 'Montréal', 'YUL'],
  ['Munich', 'MUC', 'Athens', 'ATH'],
  ['Amsterdam', 'AMS', 'Cape Town', 'CPT'],
  ['Vienna', 'VIE', 'New York', 'JFK'],
  ['Zurich', 'ZRH', 'Reykjavík', 'KEF'],
  ['Madrid', 'MAD', 'Bogotá', 'BOG'],
] as const

const OPENINGS = [
  'Hi! I need to get from {from} to {to} around {date}. Cheapest refundable fare, please.',
  'What does {from}–{to} on {date} cost? I may have to cancel, so flexible only.',
  'We are two people, {from} to {to}, {date}. Nothing that leaves before 9 am.',
  'Can you find me something direct from {from} to {to} on {date}? Window seat if possible.',
]
const FOLLOW_UPS = [
  'Is that one refundable?',
  'And if I have to change the date?',
  'What would the morning flight cost?',
  'Does that include a checked bag?',
  'Can I still cancel after two days?',
]
const AGREEMENTS = [
  'OK, take the second one. I have a voucher: {code}.',
  'Fine, please book it. My voucher is {code}.',
  'Good, hold it for me, and use {code}.',
]
const AIRLINES = ['TP', 'LH', 'AF', 'KL', 'IB', 'OS', 'LX', 'BA'] as const

/** Fares as the tool returns them: also what makes the prompts of later turns long. */
export function fares(
  random: Random,
  route: { from: string; to: string; date: string },
): { id: string; price: number; json: string; departs: string }[] {
  return Array.from({ length: random.whole(4, 9) }, (_, i) => {
    const id = `F${random.hex(6).toUpperCase()}`
    const price = random.whole(84, 640) + 0.9
    const departs = `${String(6 + i * 2).padStart(2, '0')}:${random.pick(['05', '20', '40', '55'])}`
    const carrier = random.pick(AIRLINES)
    const fare = {
      fare_id: id,
      flight: `${carrier}${random.whole(100, 1999)}`,
      ...route,
      departs,
      stops: random.chance(0.6) ? 0 : 1,
      price_eur: price,
      refundable: random.chance(0.4),
      change_fee_eur: random.pick([0, 35, 70]),
      bags: random.whole(0, 1),
      seats_left: random.whole(1, 9),
      cabin: 'economy',
      fare_basis: `${random.pick(['Y', 'K', 'Q', 'V'])}${random.hex(5).toUpperCase()}`,
    }
    return { id, price, departs, json: JSON.stringify(fare) }
  })
}

export function* checkout(random: Random): Scenario {
  const [from, fromCode, to, toCode] = random.pick(ROUTES)
  const date = `2026-12-${String(random.whole(1, 28)).padStart(2, '0')}`
  const code = `WINTER-${random.hex(4).toUpperCase()}`
  const cart = `cart_${random.hex(8)}`
  const say = (words: string) =>
    words.replace('{from}', from).replace('{to}', to).replace('{date}', date).replace('{code}', code)
  const talk = createTalk(
    client({
      provider: 'openai',
      api: 'chat',
      model: random.chance(0.75) ? 'gpt-5.4-mini' : 'gpt-5.4',
      stream: true,
      asksUsage: true,
      headers: {
        ...credentials.openaiNode('checkout-7f3a91'),
        ...withKey('checkout-agent'),
        ...owned('shop', 'checkout-agent', random.pick(CUSTOMERS)),
        'x-weir-session': `checkout-${random.hex(10)}`,
      },
      system: SYSTEM,
      tools: FLIGHT_TOOLS,
      settings: { temperature: 0.2, reasoning_effort: 'low' },
    }),
    random,
  )
  const reading = () => random.around(4200, 0.5)

  talk.user(say(random.pick(OPENINGS)))
  yield talk.turn({
    calls: [{ name: 'search_flights', arguments: { from: fromCode, to: toCode, date, cabin: 'economy' } }],
    thinking: `The customer wants ${from} to ${to} on ${date}. I need fares before I can say anything about prices.`,
  })
  const found = fares(random, { from: fromCode, to: toCode, date })
  talk.results(`{"fares":[${found.map((fare) => fare.json).join(',')}],"searched_at":"${date}T08:00:00Z"}`)
  const [first, second] = [found[0]!, found[1]!]
  yield talk.turn(
    {
      text: `I found ${found.length} fares from ${from} to ${to} on ${date}. The cheapest leaves at ${first.departs} for €${first.price.toFixed(2)}; the one at ${second.departs} costs €${second.price.toFixed(2)} and is more flexible. Shall I look up the conditions of one of them?`,
    },
    { pauseMs: reading() },
  )
  if (random.chance(0.25)) return

  talk.user(random.pick(FOLLOW_UPS))
  yield talk.turn({ calls: [first, second].map((fare) => ({ name: 'fare_rules', arguments: { fare_id: fare.id } })) })
  talk.results(
    `{"fare_id":"${first.id}","refundable":false,"change":"allowed once, €35 and the difference","no_show":"fare is lost","notes":"Taxes of €41.18 are refunded on request."}`,
    `{"fare_id":"${second.id}","refundable":true,"refund":"full until 24 h before departure, then 50 %","change":"free, difference applies"}`,
  )
  yield talk.turn(
    {
      text: `The ${first.departs} flight is **not refundable** (only €41.18 of taxes come back); changing it once costs €35 plus the difference. The ${second.departs} flight for €${second.price.toFixed(2)} can be refunded in full until 24 hours before departure.`,
    },
    { pauseMs: reading() },
  )
  if (random.chance(0.3)) return

  talk.user(say(random.pick(AGREEMENTS)))
  yield talk.turn({
    calls: [
      { name: 'hold_fare', arguments: { fare_id: second.id, passengers: 1 } },
      { name: 'apply_voucher', arguments: { code, cart_id: cart } },
    ],
  })
  talk.results(
    `{"held_until":"${date}T08:00:00Z","cart_id":"${cart}"}`,
    random.chance(0.7) ? '{"ok":true,"discount_eur":25}' : '{"ok":false,"reason":"expired on 2026-10-31"}',
  )
  yield talk.turn({ calls: [{ name: 'create_payment_link', arguments: { cart_id: cart, method: 'card' } }] })
  talk.results(`{"url":"https://pay.meridian.example/${cart}","expires_in_s":1800}`)
  yield talk.turn({
    text: `Your seat is held: ${from} to ${to}, ${date}, ${second.departs}, economy, refundable until 24 hours before departure. You can pay here within 30 minutes: https://pay.meridian.example/${cart}`,
  })
}

/** An agent that does not notice that it has its answer already. */
export function* runaway(random: Random): Scenario {
  const route = { from: 'BER', to: 'LIS', date: '2026-12-18' }
  const talk = createTalk(
    client({
      provider: 'openai',
      api: 'chat',
      model: 'gpt-5.4',
      stream: true,
      asksUsage: true,
      headers: {
        ...credentials.openaiPython('watcher-52c07e'),
        ...owned('shop', 'fare-watcher', 'batch'),
        'x-weir-session': `watch-${random.hex(8)}`,
      },
      system:
        'You watch fares for customers of Meridian Travel. Search until you find a fare below the target price, then report it. Do not give up early.',
      tools: FLIGHT_TOOLS.slice(0, 2),
      settings: { temperature: 0 },
    }),
    random,
  )
  talk.user('Watch BER to LIS on 2026-12-18 and report the first economy fare below €60.')
  const same = `{"fares":[${fares(random, route)
    .map((fare) => fare.json)
    .join(',')}]}`
  for (let n = 0, times = random.whole(26, 38); n < times; n++) {
    yield talk.turn(
      {
        text: n % 4 === 3 ? 'No fare is below €60 yet. I will search again.' : '',
        calls: [{ name: 'search_flights', arguments: { ...route, cabin: 'economy' } }],
      },
      { pauseMs: random.around(1600, 0.3), slow: 1 },
    )
    talk.results(same)
  }
}
