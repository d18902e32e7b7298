/** Light, dark, or as the system says. The choice is this browser's, not the address's: a shared link must not change another's eyes. */
export type Theme = 'system' | 'light' | 'dark'
const NAME = 'weir.theme'

export function createTheme() {
  const stored = localStorage.getItem(NAME)
  let theme = $state<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')
  const apply = () =>
    theme === 'system'
      ? delete document.documentElement.dataset.theme
      : (document.documentElement.dataset.theme = theme)
  apply()
  return {
    get current() {
      return theme
    },
    set(next: Theme) {
      theme = next
      next === 'system' ? localStorage.removeItem(NAME) : localStorage.setItem(NAME, next)
      apply()
    },
  }
}
