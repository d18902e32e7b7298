/** How a group without a name of its own is called. */
export const groupName = (group: { name: string | null; other?: boolean; values?: unknown }, none = 'none') =>
  group.other ? 'others' : (group.name ?? `(${none})`)
