/** What the made-up developers want of their agents, and what the agents will find. */
export const TASKS = [
  {
    ask: 'Vouchers that expire at midnight are refused on their last day. Find out why and fix it, with a test.',
    cause:
      'the comparison uses the start of the day in UTC, while `valid_until` is stored as the end of the day in the customer’s zone',
    fix: 'compare against the end of the day in the voucher’s own zone',
  },
  {
    ask: 'The refund endpoint answers 500 when a booking has no segments. It should be 404 with a clear message.',
    cause: '`loadAll` returns an empty list, and `sum` of nothing has no currency',
    fix: 'check for segments before summing, and throw `not_found`',
  },
  {
    ask: 'Add a `currency` filter to the invoice list, like the one that bookings have.',
    cause: 'the list takes its filters from one table, and `currency` is missing there',
    fix: 'add the filter to the table and to the query, and cover it with a test',
  },
  {
    ask: 'Seat maps load slowly for long-haul flights. Profile it and tell me what to do before you change anything.',
    cause: 'each seat is loaded with a query of its own, 412 for an A350',
    fix: 'load all seats of a flight in one query and group them in memory',
  },
] as const

export type Task = (typeof TASKS)[number]
