/** The service desk: sorts what comes in, drafts answers, sums up long threads. Many small calls, several providers. */
import type { Random } from '../random.ts'
import { createTalk, NO_REPLY, oneTurn } from '../talk.ts'
import type { Scenario } from '../turn.ts'
import { client, credentials, CUSTOMERS, owned, withKey } from './clients.ts'

interface Ticket {
  subject: string
  body: string
  queue: string
  urgency: 'low' | 'normal' | 'high'
  draft: string
}

const TICKETS: readonly Ticket[] = [
  {
    subject: 'Charged twice for booking M7KQ2',
    body: 'Hello, my card shows two charges of €318.90 for booking M7KQ2, both from yesterday evening. The page showed an error after the first try, so I paid again. Please send one of them back.',
    queue: 'payments',
    urgency: 'high',
    draft:
      'I am sorry about that. The first payment went through although the page showed an error, so the second one has no booking behind it. I have released it; depending on your bank it is back within three to five working days. Your booking M7KQ2 is confirmed and paid.',
  },
  {
    subject: 'Wheelchair at CDG',
    body: 'My mother (81) flies on Sunday from Paris to Montréal. She can walk short distances, not up stairs. Can you arrange help at the airport? Booking P2RXA.',
    queue: 'special assistance',
    urgency: 'high',
    draft:
      'I have asked the airline for assistance with stairs (WCHS) on Sunday’s flight to Montréal. Please let your mother go to the assistance desk in terminal 2E two hours before departure; somebody will bring her to her seat, and meet her on arrival. It costs nothing.',
  },
  {
    subject: 'Rechnung fehlt',
    body: 'Guten Tag, für die Buchung K9WTD habe ich noch keine Rechnung bekommen. Unsere Buchhaltung braucht sie bis Freitag, mit der Adresse der GmbH. Danke!',
    queue: 'invoices',
    urgency: 'normal',
    draft:
      'Guten Tag, die Rechnung zur Buchung K9WTD liegt jetzt unter „Buchungen“ bereit, ausgestellt auf die GmbH. Eine Kopie ist an Ihre E-Mail-Adresse unterwegs.',
  },
  {
    subject: 'Vol annulé sans prévenir',
    body: 'Bonjour, mon vol de demain (CDG–ATH, référence B4NLE) n’apparaît plus. Personne ne m’a écrit. Je dois être à Athènes demain soir, que proposez-vous ?',
    queue: 'disruption',
    urgency: 'high',
    draft:
      'Bonjour, la compagnie a annulé ce vol cette nuit, et nous aurions dû vous prévenir : veuillez nous en excuser. Il reste des places demain à 11 h 40 avec arrivée à 16 h 05, sans supplément. Souhaitez-vous que je vous y place, ou préférez-vous le remboursement intégral ?',
  },
  {
    subject: 'Seat next to my child',
    body: 'We booked together, but my daughter (6) sits in row 31 and I in row 12. This cannot be right?',
    queue: 'seats',
    urgency: 'normal',
    draft:
      'A six-year-old always sits next to an adult of the same booking. I have moved you both to 18A and 18B at no cost; the new boarding passes are in the app.',
  },
  {
    subject: 'Love the new app',
    body: 'Just wanted to say that the new seat map is great. One small thing: in dark mode the exit rows are hard to see.',
    queue: 'feedback',
    urgency: 'low',
    draft:
      'Thank you, that is good to hear! You are right about the exit rows in dark mode: I have passed it on to the people who draw the seat map.',
  },
  {
    subject: 'Points missing for Lisbon trip',
    body: 'I flew to Lisbon on 2 November, but my account shows no points. Ticket number 220-4417728801.',
    queue: 'loyalty',
    urgency: 'low',
    draft:
      'The airline reported your Lisbon flight without your member number. I have added it, and the 1,240 points will show by tomorrow.',
  },
]

const TRIAGE =
  'Sort the customer’s message. Answer with JSON only: {"queue": one of payments | invoices | disruption | seats | special assistance | loyalty | feedback, "urgency": low | normal | high, "language": ISO code, "summary": at most twelve words}.'

/** Sorted by whoever the route `sort` finds well, and by a model of our own that no price list knows. */
export function* triage(random: Random): Scenario {
  const ticket = random.pick(TICKETS)
  const own = random.chance(0.18)
  const sorter = client({
    provider: own ? 'together' : 'groq',
    api: 'chat',
    model: own ? 'meridian/ticket-router-7b' : 'llama-3.3-70b-versatile',
    headers: {
      ...(own ? credentials.aiSdk('desk-91e4c7') : credentials.weirKey('service-desk')),
      ...owned('support', 'triage'),
      'x-weir-tag-env': 'production',
    },
    system: TRIAGE,
    settings: { temperature: 0, response_format: { type: 'json_object' } },
  })
  const stumbles = !own && random.chance(0.08)
  const sorted = {
    queue: ticket.queue,
    urgency: ticket.urgency,
    language: /ü|Guten/.test(ticket.body) ? 'de' : /Bonjour/.test(ticket.body) ? 'fr' : 'en',
    summary: ticket.subject,
  }
  yield oneTurn(sorter, random, {
    messages: [
      { role: 'user', text: `Ticket ${random.whole(41_000, 48_999)}\nSubject: ${ticket.subject}\n\n${ticket.body}` },
    ],
    reply: { ...NO_REPLY, text: JSON.stringify(sorted) },
    route: own ? null : 'sort',
    stumble: stumbles ? { provider: 'groq', fault: random.pick(['overloaded', 'rate_limit', 'server_error']) } : null,
  })
}

/** A draft for a person to send; that person sometimes does not wait. */
export function* draft(random: Random): Scenario {
  const ticket = random.pick(TICKETS)
  const writer = client({
    provider: 'mistral',
    api: 'chat',
    model: 'mistral-small-latest',
    stream: true,
    headers: {
      ...credentials.aiSdk('desk-91e4c7'),
      ...withKey('service-desk'),
      // The same few questions come again and again.
      'x-weir-cache': 'on',
      ...owned('support', 'drafts', random.pick(['ann', 'bob', 'mia', 'noah'])),
    },
    system:
      'Draft a reply to the customer, in the customer’s language, friendly and short. Promise nothing that the notes do not say.',
    settings: { temperature: 0.5 },
  })
  const fate = random.next()
  yield oneTurn(writer, random, {
    messages: [{ role: 'user', text: `${ticket.subject}\n\n${ticket.body}` }],
    reply: { ...NO_REPLY, text: ticket.draft, fault: fate < 0.05 ? 'break' : null },
    leavesAfterMs: fate > 0.93 ? random.whole(350, 700) : null,
  })
}

/** Long threads, summed up for the next shift. Some are too long; some are not to be answered. */
export function* summary(random: Random): Scenario {
  const summer = client({
    provider: 'anthropic',
    api: 'messages',
    model: 'claude-haiku-4-5',
    headers: {
      ...credentials.anthropicPython('summaries-6d1f08'),
      ...owned('support', 'summaries'),
      'x-weir-tag-env': 'production',
    },
    system:
      'Sum up the thread for the next shift: what the customer wants, what was promised and by when, what is still open. Five bullet points at most.',
    settings: { max_tokens: 400 },
  })
  const tickets = Array.from({ length: random.whole(2, 5) }, () => random.pick(TICKETS))
  const thread = tickets
    .map(
      (it, at) =>
        `--- ${at + 1} · ${random.pick(CUSTOMERS)} ---\n${it.subject}\n${it.body}\n\n--- reply ---\n${it.draft}`,
    )
    .join('\n\n')
  const bullets = tickets
    .slice(0, 5)
    .map((it) => `- **${it.subject}** (${it.urgency}): ${it.draft.split(/(?<=[.!?]) /)[0]}`)
  const fate = random.next()
  const tooLong = fate < 0.03
  const repeated = tooLong ? `${thread}\n\n`.repeat(12) : thread
  yield oneTurn(summer, random, {
    messages: [{ role: 'user', text: repeated }],
    reply: {
      ...NO_REPLY,
      text: `${bullets.join('\n')}\n- Open: ${tickets.filter((it) => it.urgency === 'high').length} urgent.`,
      cut: fate > 0.94,
      fault: tooLong ? 'context_length' : fate < 0.045 ? 'content_filter' : null,
    },
  })
}

/** Customers in the chat window of the website, on the model that is cheapest this month. */
export function* chat(random: Random): Scenario {
  const talk = createTalk(
    client({
      provider: 'deepseek',
      api: 'chat',
      model: 'deepseek-chat',
      stream: true,
      // This client does not ask for usage, and its provider tells it all the same.
      headers: {
        ...credentials.aiSdk('chat-2b90fe'),
        ...owned('support', 'web-chat', random.pick(CUSTOMERS)),
        'x-weir-session': `chat-${random.hex(8)}`,
      },
      system:
        'You are the chat of Meridian Travel. Answer in two sentences; for bookings and money, offer to open a ticket.',
    }),
    random,
  )
  for (const ticket of [random.pick(TICKETS), random.pick(TICKETS)].slice(0, random.whole(1, 2))) {
    talk.user(ticket.body)
    yield talk.turn(
      {
        text: ticket.draft,
        thinking: random.chance(0.3)
          ? `This is about ${ticket.queue}; urgency ${ticket.urgency}. A short answer, then offer a ticket.`
          : null,
      },
      { pauseMs: random.around(5000, 0.5) },
    )
  }
}
