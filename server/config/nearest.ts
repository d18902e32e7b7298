/** "Did you mean …?": the valid name nearest to a mistyped one. */

/** Edits (insert, delete, replace, swap of neighbours) that lead from one word to the other. */
const distance = (from: string, to: string): number => {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same)
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1)
      row.push(best)
    }
    rows.push(row)
  }
  return rows[from.length]![to.length]!
}

const bare = (name: string) => name.toLowerCase().replaceAll(/[-_. ]/g, '')

/** The name that was most likely meant, or null when none is near: a wild guess helps nobody. */
export const nearest = (name: string, valid: readonly string[]): string | null => {
  const ranked = valid
    .map((candidate) => ({ candidate, edits: distance(bare(name), bare(candidate)) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= Math.max(1, Math.floor(bare(name).length / 3)) ? best.candidate : null
}
