/// <reference types="vite/client" />
/** Mounts the Call page's part on one case: `?case=anthropic&tab=headers&theme=dark`. What it was told is left on `window.told`. */
import { mount } from 'svelte'
import '../../../web/app.css'
import CallDetail from '../../../web/parts/call/CallDetail.svelte'
import type { CallTab } from '../../../web/parts/call/loader.ts'
import type { Case } from './case.ts'

const params = new URLSearchParams(location.search)
const theme = params.get('theme')
if (theme) document.documentElement.dataset.theme = theme
const told: string[] = ((window as { told?: string[] }).told = [])

const answer = await fetch(`/case/${params.get('case')}`)
const { call, content, raw, headers, timeline, fails } = (await answer.json()) as Case
// A running call began just now, whenever that is.
if (call.outcome === 'running') for (const it of [call, ...call.attempts]) it.startedAt = Date.now() - 4200
const give = async <T>(what: string, value: T): Promise<T> => {
  told.push(`asked ${what}`)
  if (fails && told.filter((t) => t === `asked ${what}`).length <= fails)
    throw new Error('the database is locked (SQLITE_BUSY)')
  return value
}
const props = $state({
  call,
  load: {
    conversation: () => give('conversation', content),
    raw: (kind: 'request' | 'response') => give(kind, raw[kind]),
    headers: () => give('headers', headers),
    timeline: () => give('timeline', timeline),
  },
  navigate: (href: string) => void told.push(`went to ${href}`),
  tab: (params.get('tab') as CallTab | null) ?? 'conversation',
  onTab(name: CallTab) {
    told.push(`tab ${name}`)
    props.tab = name
  },
  onCancel: () => void told.push('cancelled'),
})
/** As a view does that keeps the tab in the address. */
addEventListener('weir-tab', (event) => (props.tab = (event as CustomEvent<CallTab>).detail))
mount(CallDetail, { target: document.getElementById('app')!, props })
