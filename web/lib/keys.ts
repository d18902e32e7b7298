/** Keyboard: single keys and two-key sequences (`g o`), quiet while someone types. */
export type Bindings = Record<string, (event: KeyboardEvent) => void>

const SEQUENCE_MS = 900

export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Names are as `event.key` says, sequences with a blank between, `mod+k` for ⌘K or Ctrl-K. Answers whether the key was used. */
export function createKeys(bindings: () => Bindings) {
  let first = { key: '', at: 0 }
  return (event: KeyboardEvent) => {
    const all = bindings()
    const mod = event.metaKey || event.ctrlKey
    if (mod) {
      const action = all[`mod+${event.key.toLowerCase()}`]
      if (action && !event.shiftKey && !event.altKey) {
        event.preventDefault()
        action(event)
      }
      return
    }
    if (event.altKey || event.defaultPrevented || isTyping(event.target)) return
    const sequence = `${first.key} ${event.key}`
    const action = (event.timeStamp - first.at < SEQUENCE_MS && all[sequence]) || all[event.key]
    first = { key: event.key, at: event.timeStamp }
    if (!action) return
    event.preventDefault()
    first = { key: '', at: 0 }
    action(event)
  }
}
