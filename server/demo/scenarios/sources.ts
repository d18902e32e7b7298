/** Files of the made-up company, for agents to read: enough to make prompts as long as they are in life. */
import type { Random } from '../random.ts'

const NAMES = ['fare', 'booking', 'voucher', 'refund', 'segment', 'passenger', 'invoice', 'seat'] as const
const VERBS = ['load', 'check', 'price', 'merge', 'store', 'expire', 'notify', 'split'] as const

export const pathOf = (random: Random): string => `src/${random.pick(NAMES)}s/${random.pick(VERBS)}.ts`

/** A file with line numbers, as coding agents are shown them. */
export function fileText(random: Random, lines = random.whole(70, 190)): string {
  const out: string[] = []
  while (out.length < lines) out.push(...functionText(random))
  return out.map((line, at) => `${String(at + 1).padStart(5)}\t${line}`).join('\n')
}

function functionText(random: Random): string[] {
  const thing = random.pick(NAMES)
  const verb = random.pick(VERBS)
  const Type = thing[0]!.toUpperCase() + thing.slice(1)
  return [
    `/** ${verb[0]!.toUpperCase()}${verb.slice(1)}s a ${thing}; throws ${Type}Error when it has expired in the meantime. */`,
    `export async function ${verb}${Type}(db: Db, id: ${Type}Id, at = Date.now()): Promise<${Type}> {`,
    `  const row = await db.selectFrom('${thing}s').where('id', '=', id).selectAll().executeTakeFirst()`,
    `  if (!row) throw new ${Type}Error('not_found', id)`,
    `  if (row.valid_until < at) throw new ${Type}Error('expired', id, { validUntil: row.valid_until })`,
    `  const ${random.pick(NAMES)}s = await loadAll(db, row.parent_id, { limit: ${random.whole(10, 500)} })`,
    `  return { ...to${Type}(row), total: sum(${thing}s.map((it) => it.amount)), currency: row.currency }`,
    '}',
    '',
  ]
}

export const grepText = (random: Random): string =>
  Array.from(
    { length: random.whole(5, 24) },
    () =>
      `${pathOf(random)}:${random.whole(3, 240)}:  if (row.valid_until < at) throw new ${random.pick(['Fare', 'Booking', 'Voucher'])}Error('expired', id)`,
  ).join('\n')

export const testText = (random: Random, failed: boolean): string =>
  [
    ...Array.from(
      { length: random.whole(6, 14) },
      () =>
        ` ✓ test/${random.pick(NAMES)}s/${random.pick(VERBS)}.test.ts (${random.whole(2, 19)} tests) ${random.whole(8, 420)}ms`,
    ),
    ...(failed
      ? [
          ' ❯ test/vouchers/expire.test.ts (9 tests | 1 failed)',
          '   × a voucher that expires at midnight is valid on its last day',
          '     → expected "expired" to be "ok"',
          '       at test/vouchers/expire.test.ts:41:24',
        ]
      : []),
    '',
    failed ? ' Tests  1 failed | 148 passed (149)' : ' Tests  149 passed (149)',
  ].join('\n')
