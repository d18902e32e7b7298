/**
 * The address is the only state: range, filter, open item, tab. This is all the routing there is: the path under the page's <base>,
 * its parameters, and links that are followed without a reload.
 */
import { createContext } from 'svelte'

export type Changes = Record<string, string | null>

export interface Router {
  /** Path below the base, without slashes at its ends: `calls`, `calls/0192…`; the start page is ''. */
  readonly path: string
  readonly params: URLSearchParams
  go(to: string, options?: { replace?: boolean }): void
  /** Changes parameters of the present page; null or '' removes one. */
  set(changes: Changes, options?: { replace?: boolean }): void
  /** An address relative to the base, for links: the named parameters of the present page are carried along. */
  href(path: string, changes?: Changes, keep?: readonly string[]): string
}

/** What stays when one goes from page to page. */
const CARRIED = ['range', 'from', 'to', 'q', 'live']

const withChanges = (params: URLSearchParams, changes: Changes) => {
  for (const [name, value] of Object.entries(changes)) value ? params.set(name, value) : params.delete(name)
  // A filter stays readable in the address bar: URLSearchParams would escape these, though a query may hold them.
  const query = params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/')
  return query ? `?${query}` : ''
}

/** Call once, in the shell: it listens until the page goes. */
export function createRouter(base = new URL('.', document.baseURI)): Router {
  const read = () => {
    const url = new URL(location.href)
    const below = url.pathname.startsWith(base.pathname) ? url.pathname.slice(base.pathname.length) : ''
    const raw = below.replace(/^\/+|\/+$/g, '')
    return { path: decodeURIComponent(raw), raw, params: url.searchParams, href: url.href }
  }
  let here = $state.raw(read())
  // A value of its own, so that a page is not made anew when only a parameter changes.
  const path = $derived(here.path)

  const go: Router['go'] = (to, { replace = false } = {}) => {
    const url = new URL(to || '.', base)
    if (url.href === here.href) return
    history[replace ? 'replaceState' : 'pushState'](null, '', url)
    here = read()
  }
  const router: Router = {
    get path() {
      return path
    },
    get params() {
      return here.params
    },
    go,
    set: (changes, options) => go((here.raw || '.') + withChanges(new URLSearchParams(here.params), changes), options),
    href(path, changes = {}, keep = CARRIED) {
      const kept = new URLSearchParams([...here.params].filter(([name]) => keep.includes(name)))
      return (path || '.') + withChanges(kept, changes)
    },
  }

  addEventListener('popstate', () => (here = read()))
  document.addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest?.('a')
    if (
      !link ||
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return
    if (link.target || link.hasAttribute('download') || !link.href.startsWith(base.href)) return
    event.preventDefault()
    go(link.href)
  })
  return router
}

export const [useRouter, provideRouter] = createContext<Router>()
