/** What ⌘K offers, and how typing narrows it: every word must begin somewhere in the name or the filter. */
import type { Router } from '../../lib/router.svelte.ts'
import type { createTheme } from '../../lib/theme.svelte.ts'
import { SPANS, SPAN_NAMES, fromRange, type Span } from '../../lib/time.ts'
import { SESSION_VIEWS, VIEWS } from '../../lib/views.ts'
import type { IconName } from '../ui/Icon.svelte'

export interface Command {
  group: string
  label: string
  hint: string
  icon: IconName
  keys?: readonly string[]
  run: () => void
}

export function toCommands({
  router,
  theme,
  onhelp,
}: {
  router: Router
  theme: ReturnType<typeof createTheme>
  onhelp: () => void
}): Command[] {
  const page = (label: string, path: string, icon: IconName, hint: string, ...keys: string[]): Command => ({
    group: 'Pages',
    label,
    hint,
    icon,
    keys,
    run: () => router.go(router.href(path)),
  })
  return [
    page('Overview', '', 'overview', 'figures spend', 'g', 'o'),
    page('Calls', 'calls', 'calls', 'list log', 'g', 'c'),
    page('Sessions', 'sessions', 'sessions', 'conversations agents runs', 'g', 's'),
    page('Loops', 'loops', 'loops', 'findings runaway circles', 'g', 'l'),
    page('Keys', 'keys', 'keys', 'budgets limits who', 'g', 'k'),
    page('Routes', 'routes', 'routes', 'providers targets health fallback', 'g', 'r'),
    {
      group: 'Pages',
      label: 'New key',
      hint: 'make a key',
      icon: 'plus',
      run: () => router.go(router.href('keys', { new: '1' })),
    },
    page('Connect', 'connect', 'connect', 'sdk recipes base url', 'g', 'n'),
    ...SESSION_VIEWS.map(({ name, q }): Command => ({
      group: 'Views of sessions',
      label: name,
      hint: q,
      icon: 'sessions',
      run: () => router.go(router.href('sessions', { q })),
    })),
    ...VIEWS.map(({ name, q }): Command => ({
      group: 'Views of calls',
      label: name,
      hint: q,
      icon: 'calls',
      run: () => router.go(router.href('calls', { q })),
    })),
    ...(Object.keys(SPANS) as Span[]).map((span): Command => ({
      group: 'Range',
      label: SPAN_NAMES[span],
      hint: '',
      icon: 'calendar',
      run: () => router.set(fromRange({ span })),
    })),
    ...(['system', 'light', 'dark'] as const).map((name): Command => ({
      group: 'Looks and help',
      label: name === 'system' ? 'Theme as the system' : `${name === 'light' ? 'Light' : 'Dark'} theme`,
      hint: '',
      icon: name === 'light' ? 'sun' : name === 'dark' ? 'moon' : 'system',
      run: () => theme.set(name),
    })),
    { group: 'Looks and help', label: 'Keyboard shortcuts', hint: '', icon: 'help', keys: ['?'], run: onhelp },
  ]
}

export function narrow(commands: readonly Command[], term: string): Command[] {
  const words = term.toLowerCase().split(/\s+/).filter(Boolean)
  const begins = (text: string, word: string) =>
    text.startsWith(word) || text.includes(` ${word}`) || text.includes(`:${word}`)
  return commands.filter(({ label, hint }) => words.every((word) => begins(`${label} ${hint}`.toLowerCase(), word)))
}
