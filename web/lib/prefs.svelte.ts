/** What this browser prefers (columns, first-run card seen): kept in localStorage, absent or broken entries mean the default. */
export function createPref<T>(name: string, fallback: T) {
  const key = `weir.${name}`
  const read = (): T => {
    try {
      const text = localStorage.getItem(key)
      return text === null ? fallback : (JSON.parse(text) as T)
    } catch {
      return fallback
    }
  }
  let value = $state.raw(read())
  return {
    get current() {
      return value
    },
    set current(next: T) {
      value = next
      localStorage.setItem(key, JSON.stringify(next))
    },
  }
}
