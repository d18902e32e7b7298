/** Search in the help pages: embed the question, find passages, answer from them. Popular questions come again word by word. */
import type { Random } from '../random.ts'
import { NO_REPLY, oneTurn } from '../talk.ts'
import type { Scenario } from '../turn.ts'
import { client, credentials, CUSTOMERS, owned } from './clients.ts'

interface Article {
  title: string
  passage: string
  questions: readonly string[]
  answer: string
}

const ARTICLES: readonly Article[] = [
  {
    title: 'Refunds after a cancelled flight',
    passage:
      'When the airline cancels a flight, the passenger chooses between rebooking, travelling later and a full refund of the unused part. Refunds go to the card or account that paid, within seven days after the airline has confirmed. Vouchers are offered as an alternative and are worth ten per cent more; they may be refused. Service fees of Meridian are refunded together with the fare. For bookings by invoice the amount is credited to the next invoice.',
    questions: [
      'How do I get a refund when my flight was cancelled?',
      'My flight got cancelled, when do I get my money back?',
      'What is the refund policy for cancelled flights?',
    ],
    answer:
      'If the airline cancels, you may choose a full refund instead of rebooking. The money goes back to the card or account you paid with, **within seven days** after the airline has confirmed; our service fee is included. You may be offered a voucher worth 10 % more, but you do not have to take it. [1]',
  },
  {
    title: 'Bags: what is included',
    passage:
      'Each fare includes one personal item of 40 × 30 × 20 cm. Light fares have no cabin bag. Standard fares include a cabin bag of up to 8 kg, Flex fares also a checked bag of 23 kg. Bags can be added until 90 minutes before departure; at the airport they cost about twice as much. Instruments and sports equipment must be registered 48 hours before.',
    questions: [
      'Is a cabin bag included in the Light fare?',
      'How many bags can I take?',
      'Can I add a checked bag after booking?',
    ],
    answer:
      'The Light fare includes only a personal item (40 × 30 × 20 cm), no cabin bag. Standard adds a cabin bag up to 8 kg, Flex a checked bag of 23 kg as well. You can add bags until 90 minutes before departure; at the airport they cost about twice as much. [1]',
  },
  {
    title: 'Changing a name',
    passage:
      'Spelling mistakes of up to three letters are corrected free of charge within 24 hours after booking, later for €15. A change of name after marriage needs a copy of the certificate. A ticket cannot be passed on to another person; in that case the fare must be cancelled and booked anew under its own conditions.',
    questions: ['I misspelled my last name, can you correct it?', 'Can I transfer my ticket to a friend?'],
    answer:
      'A typo of up to three letters is corrected **free within 24 hours** of booking and for €15 afterwards. A ticket cannot be transferred to somebody else: it would have to be cancelled under its fare conditions and booked again. [1]',
  },
  {
    title: 'Travelling with children',
    passage:
      'Children under two travel on a lap for ten per cent of the fare. From two to eleven they need a seat of their own, with a reduction of 25 per cent on most airlines. Unaccompanied minors from five years on must be registered by phone at least 72 hours before departure. A pushchair is carried free of charge up to the door of the aircraft.',
    questions: [
      'Does my two-year-old need a seat?',
      'Can my nine-year-old daughter fly alone?',
      'Is the pushchair free?',
    ],
    answer:
      'From the second birthday on a child needs a seat; most airlines give 25 % off. Children from five years on may fly alone if you register them by phone at least **72 hours** before. Pushchairs travel free up to the aircraft door. [1]',
  },
  {
    title: 'Invoices and VAT',
    passage:
      'Invoices are sent by e-mail when the ticket is issued and can be fetched again under Bookings for ten years. International flights carry no VAT, domestic flights do. The company name on an invoice can be changed until the first flight has departed, once. Reverse charge applies to the service fee for companies within the European Union.',
    questions: [
      'Where can I download my invoice?',
      'Is there VAT on my ticket?',
      'Can you change the company name on the invoice?',
    ],
    answer:
      'You find every invoice under *Bookings*, for ten years. International flights carry no VAT, domestic ones do. The company name can be changed once, until the first flight has departed. [1]',
  },
]

const SYSTEM =
  'Answer the question from the passages only, in at most four sentences, and cite them as [n]. If they do not say it, answer: "Our help pages do not say this", and offer to write to the service team.'

export function* docSearch(random: Random): Scenario {
  const article = random.pick(ARTICLES)
  // The first question of each article is asked most: those repeats are what a cache could serve.
  const question = random.chance(0.6) ? article.questions[0]! : random.pick(article.questions)
  const owner = {
    ...owned('platform', 'doc-search', random.pick(CUSTOMERS)),
    traceparent: `00-${random.hex(32)}-${random.hex(16)}-01`,
  }
  const others = [random.pick(ARTICLES), random.pick(ARTICLES)].filter((it) => it !== article)

  yield oneTurn(
    client({
      provider: 'openai',
      api: 'embeddings',
      model: 'text-embedding-3-small',
      headers: { ...credentials.openaiNode('search-b81d20'), ...owner },
    }),
    random,
    {
      inputs: [question],
      reply: NO_REPLY,
      pauseMs: random.around(60),
    },
  )
  const passages = [article, ...others].map(({ title, passage }, at) => `[${at + 1}] ${title}\n${passage}`).join('\n\n')
  const asked = client({
    provider: 'gemini',
    api: 'gemini',
    model: 'gemini-3-flash-preview',
    stream: random.chance(0.7),
    headers: { ...credentials.googleGenai('search4be2'), ...owner },
    system: SYSTEM,
  })
  yield oneTurn(asked, random, {
    messages: [{ role: 'user', text: `${passages}\n\nQuestion: ${question}` }],
    reply: {
      ...NO_REPLY,
      text: article.answer,
      thinking: random.chance(0.3)
        ? `The customer asks: "${question}". Passage 1 answers it directly; the others do not matter.`
        : null,
    },
  })
}

const PAGES = [
  'Lounges and fast track',
  'Seats and seat maps',
  'Meals and allergies',
  'Pets in the cabin',
  'Medical cases',
  'Delays over three hours',
  'Missed connections',
  'Group bookings',
  'Gift vouchers',
  'Loyalty points',
  'Trains instead of flights',
  'Payment by instalments',
]
const ASPECTS = [
  'what it costs',
  'until when it can be booked',
  'who may use it',
  'what to do when something went wrong',
  'which airlines take part',
  'what must be shown at the airport',
]

/** The nightly index: pages in batches, nobody waits for them. */
export function* reindex(random: Random): Scenario {
  const indexer = client({
    provider: 'openai',
    api: 'embeddings',
    model: 'text-embedding-3-small',
    headers: {
      ...credentials.openaiPython('index-0c55aa'),
      ...owned('platform', 'reindex'),
      'x-weir-tag-env': 'batch',
    },
  })
  for (let batch = random.whole(3, 6); batch > 0; batch--) {
    const inputs = Array.from({ length: random.whole(8, 20) }, () => {
      const page = random.pick(PAGES)
      return `${page}: ${random.pick(ASPECTS)}. ${random.pick(ARTICLES).passage}`
    })
    yield oneTurn(indexer, random, { inputs, pauseMs: random.around(250) })
  }
}
