/** The columns of the calls table: what each is called, how wide, and which give way first when there is no room. */
export type ColumnId =
  | 'time'
  | 'model'
  | 'preview'
  | 'who'
  | 'session'
  | 'user'
  | 'key'
  | 'app'
  | 'operation'
  | 'provider'
  | 'finish'
  | 'duration'
  | 'tokens'
  | 'cost'
  | 'status'

export interface Column {
  id: ColumnId
  label: string
  /** Pixels; the preview takes what is left. */
  width: number
  num?: boolean
  /** Higher stays longer. */
  weight: number
  /** Shown unless the user chose otherwise. */
  usual?: boolean
}

/** In the order of the table. */
export const COLUMNS: readonly Column[] = [
  { id: 'time', label: 'Time', width: 78, weight: 9, usual: true },
  { id: 'model', label: 'Model', width: 150, weight: 8, usual: true },
  { id: 'preview', label: 'Last message', width: 96, weight: 10, usual: true },
  { id: 'who', label: 'Tags', width: 150, weight: 2, usual: true },
  { id: 'session', label: 'Session', width: 120, weight: 1 },
  { id: 'user', label: 'User', width: 100, weight: 1 },
  { id: 'key', label: 'Key', width: 100, weight: 1 },
  { id: 'app', label: 'App', width: 120, weight: 1 },
  { id: 'operation', label: 'Operation', width: 100, weight: 1 },
  { id: 'provider', label: 'Provider', width: 90, weight: 1 },
  { id: 'finish', label: 'Finish', width: 90, weight: 1 },
  { id: 'status', label: 'Status', width: 98, weight: 3, usual: true },
  { id: 'duration', label: 'Duration', width: 116, weight: 7, usual: true },
  { id: 'tokens', label: 'Tokens', width: 114, num: true, weight: 5, usual: true },
  { id: 'cost', label: 'Cost', width: 84, num: true, weight: 6, usual: true },
]
export const USUAL: readonly ColumnId[] = COLUMNS.filter((c) => c.usual).map((c) => c.id)

/** What a time needs more when it stands with its day. */
const DATE = 20
/** Those of the chosen columns that fit into `width` pixels, in table order. `dated`: some rows are older than a week. */
export function fitting(chosen: readonly ColumnId[], width: number, dated = false): Column[] {
  const wanted = COLUMNS.filter((c) => c.id === 'preview' || chosen.includes(c.id)).map((c) =>
    dated && c.id === 'time' ? { ...c, width: c.width + DATE } : c,
  )
  const byWeight = [...wanted].sort((a, b) => b.weight - a.weight)
  const fit = new Set<ColumnId>()
  let used = 0
  for (const column of byWeight) {
    // Once something heavier did not fit, nothing lighter may take its place: columns must not come and go out of order.
    if (used + column.width > width && fit.size > 0) break
    fit.add(column.id)
    used += column.width
  }
  return wanted.filter((c) => fit.has(c.id))
}
/** Names of models are long: they may have a part of what would be left to the preview. */
const MODEL_GROWS = 46
export function toTemplate(columns: readonly Column[], width: number): string {
  const left = width - columns.reduce((sum, c) => sum + c.width, 0)
  const grown = Math.max(0, Math.min(MODEL_GROWS, Math.round(left * 0.6)))
  return columns
    .map((c) => (c.id === 'preview' ? 'minmax(0, 1fr)' : `${c.width + (c.id === 'model' ? grown : 0)}px`))
    .join(' ')
}
